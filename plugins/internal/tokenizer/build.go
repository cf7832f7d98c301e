package tokenizer

import (
	"hash/maphash"
	"sync/atomic"
	"unicode/utf8"

	"cllm4rec/core/contract"
)

// maxID bounds ids, so that a damaged file cannot ask for all memory.
const maxID = 1 << 20

// source is what a vocabulary's files say, each part with its file for messages.
type source struct {
	vocabFile, mergesFile string
	vocab                 map[string]int32
	merges                []mergeLine
	added                 []addedToken
	prefixSpace           bool
}

// mergeLine is one merge and where it stands.
type mergeLine struct {
	left, right string
	line        int // of mergesFile, or the position in its list
}

// build checks the parts against each other.
func (s *source) build() (*Tokenizer, error) {
	t := &Tokenizer{alphabet: newAlphabet(), ids: s.vocab, merges: make(map[pair]merge, len(s.merges)),
		prefixSpace: s.prefixSpace, begin: -1, seed: maphash.MakeSeed(), cache: make([]atomic.Pointer[cached], cacheSize)}
	for _, step := range []func(*Tokenizer) error{s.fillTokens, s.fillBytes, s.fillMerges, s.fillAdded} {
		if err := step(t); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// place puts a token under its id.
func (t *Tokenizer) place(file, token, raw string, id int32) error {
	if id < 0 || id >= maxID || token == "" {
		return contract.Errorf(contract.ErrBadData, "%s: token %q has id %d; expected a text and an id from 0 to %d", file, token, id, maxID-1)
	}
	for int(id) >= len(t.tokens) {
		t.tokens, t.raw = append(t.tokens, ""), append(t.raw, "")
	}
	if there := t.tokens[id]; there != "" && there != token {
		return contract.Errorf(contract.ErrBadData, "%s: tokens %q and %q share id %d", file, there, token, id)
	}
	t.tokens[id], t.raw[id] = token, raw
	return nil
}

func (s *source) fillTokens(t *Tokenizer) error {
	for token, id := range s.vocab {
		if err := t.place(s.vocabFile, token, t.alphabet.read(token), id); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) fillBytes(t *Tokenizer) error {
	for b, r := range t.alphabet.runes {
		id, ok := s.vocab[string(r)]
		if !ok {
			return contract.Errorf(contract.ErrBadData, "%s: byte 0x%02x (token %q) is missing: not a byte-level vocabulary", s.vocabFile, b, r)
		}
		t.bytes[b] = id
	}
	return nil
}

func (s *source) fillMerges(t *Tokenizer) error {
	for rank, m := range s.merges {
		left, okLeft := s.vocab[m.left]
		right, okRight := s.vocab[m.right]
		joined, okJoined := s.vocab[m.left+m.right]
		if !okLeft || !okRight || !okJoined {
			return s.mergeError(m, "needs %q, %q and %q, which are not all in %s", m.left, m.right, m.left+m.right, s.vocabFile)
		}
		if _, twice := t.merges[pair{left, right}]; twice {
			return s.mergeError(m, "merges %q with %q a second time", m.left, m.right)
		}
		t.merges[pair{left, right}] = merge{int32(rank), joined}
		t.order = append(t.order, pair{left, right})
	}
	return nil
}

func (s *source) mergeError(m mergeLine, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s:%d: "+format, append([]any{s.mergesFile, m.line}, args...)...)
}

func (s *source) fillAdded(t *Tokenizer) error {
	for _, a := range s.added {
		if a.Text == "" || !utf8.ValidString(a.Text) {
			return contract.Errorf(contract.ErrBadData, "%s: added token %d has no text", s.vocabFile, a.ID)
		}
		if a.Word {
			return contract.Errorf(contract.ErrUnsupported, "%s: added token %q: single_word is not supported", s.vocabFile, a.Text)
		}
		if id, ok := s.vocab[a.Text]; ok && id != a.ID {
			return contract.Errorf(contract.ErrBadData, "%s: added token %q has id %d and %d", s.vocabFile, a.Text, id, a.ID)
		}
		if err := t.place(s.vocabFile, a.Text, a.Text, a.ID); err != nil {
			return err
		}
		t.ids[a.Text] = a.ID
	}
	t.added = newAdded(s.added)
	return nil
}
