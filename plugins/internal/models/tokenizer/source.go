package tokenizer

import (
	"strings"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

// maxID bounds ids, so that a damaged file cannot ask for all memory.
const maxID = 1 << 20

// kind is a model and what its words are made of.
type kind int

const (
	bytePairs kind = iota // byte-level BPE
	rankedBPE             // BPE over characters
	unigram
)

// source is what a tokenizer's files say, with the names of files for messages.
type source struct {
	vocabFile, mergesFile string
	kind                  kind
	vocab                 map[string]int32
	pieces                []sentencepiece.Piece // of a unigram model, in order of id
	merges                []mergeLine
	derived               bool // merges follow from the pieces: no file lists them
	added                 []addedToken
	normalizers           []normalizer
	cutters               []cutter
	unknown               string // text of the unknown token of BPE; "" for none
	unknownID             int32  // of a unigram model; -1 for none
	byteFallback          bool
	fuseUnknown           bool
	ignoreMerges          bool
	lossy                 bool   // bytes may be without a token
	prefix                bool   // the tokenizer puts a space before a text
	pair                  bool   // vocab.json and merges.txt say all
	begin                 string // the token before a text; "" for none
}

// mergeLine is one merge and where it stands.
type mergeLine struct {
	left, right string
	line        int // of mergesFile, or the position in its list
}

// build checks the parts against each other.
func (s *source) build() (*Tokenizer, error) {
	t := &Tokenizer{ids: s.vocab, begin: -1, space: sign, prefix: s.prefix, pair: s.pair,
		normalizers: s.normalizers, cutters: s.cutters, words: newCache()}
	if s.kind == unigram {
		s.vocab, t.ids = map[string]int32{}, map[string]int32{}
	}
	for _, step := range []func(*Tokenizer) error{s.fillTokens, s.fillModel, s.mergeable, s.fillAdded, s.fillBegin} {
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
	letters := newAlphabet()
	for token, id := range s.vocab {
		raw := s.raw(token)
		if s.kind == bytePairs {
			raw = letters.read(token)
		}
		if err := t.place(s.vocabFile, token, raw, id); err != nil {
			return err
		}
	}
	for id, piece := range s.pieces {
		s.vocab[piece.Text], t.ids[piece.Text] = int32(id), int32(id)
		if err := t.place(s.vocabFile, piece.Text, s.raw(piece.Text), int32(id)); err != nil {
			return err
		}
	}
	return nil
}

// raw is what a piece stands for in text.
func (s *source) raw(piece string) string {
	if b, ok := fallbackByte(piece); ok && s.byteFallback {
		return string([]byte{b})
	}
	return strings.ReplaceAll(piece, sign, " ")
}

// fallbackByte reads pieces such as <0x0A>.
func fallbackByte(piece string) (byte, bool) {
	if len(piece) != 6 || !strings.HasPrefix(piece, "<0x") || piece[5] != '>' {
		return 0, false
	}
	const hex = "0123456789ABCDEF"
	high, low := strings.IndexByte(hex, piece[3]), strings.IndexByte(hex, piece[4])
	return byte(high<<4 | low), high >= 0 && low >= 0
}

func (s *source) fillAdded(t *Tokenizer) error {
	var special, late []addedToken
	for _, a := range s.added {
		if err := s.checkAdded(a); err != nil {
			return err
		}
		if err := t.place(s.vocabFile, a.Text, a.Text, a.ID); err != nil {
			return err
		}
		t.ids[a.Text] = a.ID
		if !a.late() {
			special = append(special, a)
			continue
		}
		for _, n := range s.normalizers {
			a.Text = n.normalize(a.Text)
		}
		late = append(late, a)
	}
	t.special, t.added = newAdded(special), newAdded(late)
	return nil
}

func (s *source) checkAdded(a addedToken) error {
	if a.Text == "" || !utf8.ValidString(a.Text) {
		return contract.Errorf(contract.ErrBadData, "%s: added token %d has no text", s.vocabFile, a.ID)
	}
	if id, ok := s.vocab[a.Text]; ok && id != a.ID {
		return contract.Errorf(contract.ErrBadData, "%s: added token %q has id %d and %d", s.vocabFile, a.Text, id, a.ID)
	}
	return nil
}

func (s *source) fillBegin(t *Tokenizer) error {
	if s.begin == "" {
		return nil
	}
	id, ok := t.ids[s.begin]
	if !ok {
		return contract.Errorf(contract.ErrBadData, "%s: %q stands before a text, but is not in the vocabulary", s.vocabFile, s.begin)
	}
	t.begin = id
	return nil
}
