package tokenizer

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

// readModel reads SentencePiece's file and makes of it what transformers makes
// (convert_slow_tokenizer.py): LLaMA's tokenizer of a BPE model, T5's of a unigram model.
func readModel(path string, c *config) (*source, error) {
	m, err := sentencepiece.Load(path)
	if err != nil {
		return nil, err
	}
	s := &source{vocabFile: path, mergesFile: path, byteFallback: m.ByteFallback}
	switch {
	case m.Type == sentencepiece.BPE && (c.Class == "" || c.isLlama()):
		err = s.llama(m, c)
	case m.Type == sentencepiece.Unigram && (c.Class == "" || c.isT5()):
		err = s.t5(m, c)
	default:
		return nil, contract.Errorf(contract.ErrUnsupported, "%s: tokenizer_class %s with this %s is not supported (known are LlamaTokenizer with a BPE model and T5Tokenizer with a unigram model); a %s would do",
			c.path, c.Class, filepath.Base(path), JSONName)
	}
	if err != nil {
		return nil, err
	}
	s.control(m.Pieces)
	if err := c.addTokens(s); err != nil {
		return nil, err
	}
	return s, s.consistent()
}

// control makes added tokens of control and user-defined pieces.
func (s *source) control(pieces []sentencepiece.Piece) {
	early := false
	for id, p := range pieces {
		if p.Kind == sentencepiece.Control || p.Kind == sentencepiece.UserDefined {
			s.added = append(s.added, addedToken{ID: int32(id), Text: p.Text, Special: p.Kind == sentencepiece.Control, Normalized: &early})
		}
	}
}

// prefixScheme is when a space is put before a text.
func (c *config) prefixScheme() scheme {
	switch {
	case !set(c.PrefixSpace, true):
		return never
	case !set(c.Legacy, true):
		return onlyFirst
	}
	return always
}

// llama is LlamaConverter: with legacy (the default) each text between added tokens
// gets a space before it, without only the first one.
func (s *source) llama(m *sentencepiece.Model, c *config) error {
	c.defaults("<s>", "</s>", "<unk>", "")
	s.kind, s.unknown, s.fuseUnknown = rankedBPE, m.Pieces[max(0, m.Unknown)].Text, true
	if set(c.AddBegin, true) {
		s.begin = c.Begin.Text
	}
	if err := s.pieceVocab(m.Pieces); err != nil {
		return err
	}
	s.merges, s.derived = mergesOf(s.vocab, m.Pieces), true
	switch {
	case !set(c.Legacy, true):
		s.cutters = []cutter{metaspace{sign: sign, prepend: c.prefixScheme()}}
	case set(c.PrefixSpace, true):
		s.normalizers = []normalizer{prepend(sign), replace{" ", sign}}
	default:
		s.normalizers = []normalizer{replace{" ", sign}}
	}
	return nil
}

func (s *source) pieceVocab(pieces []sentencepiece.Piece) error {
	s.vocab = make(map[string]int32, len(pieces))
	for id, p := range pieces {
		if first, twice := s.vocab[p.Text]; twice {
			return contract.Errorf(contract.ErrBadData, "%s: pieces %d and %d are both %q", s.vocabFile, first, id, p.Text)
		}
		s.vocab[p.Text] = int32(id)
	}
	return nil
}

// mergesOf lists all ways to join two pieces into a third, the best score first, of
// equal scores the longest left and then right part ("generate_merges").
func mergesOf(vocab map[string]int32, pieces []sentencepiece.Piece) []mergeLine {
	var merges []mergeLine
	for id, p := range pieces {
		first := len(merges)
		for at := range p.Text {
			left, right := p.Text[:at], p.Text[at:]
			if _, ok := vocab[left]; !ok {
				continue
			}
			if _, ok := vocab[right]; ok {
				merges = append(merges, mergeLine{left: left, right: right, line: id})
			}
		}
		slices.SortStableFunc(merges[first:], func(a, b mergeLine) int {
			return cmp.Or(cmp.Compare(vocab[a.left], vocab[b.left]), cmp.Compare(vocab[a.right], vocab[b.right]))
		})
	}
	length := func(piece string) int { return len([]rune(piece)) }
	slices.SortStableFunc(merges, func(a, b mergeLine) int {
		return cmp.Or(cmp.Compare(pieces[b.line].Score, pieces[a.line].Score),
			cmp.Compare(length(b.left), length(a.left)), cmp.Compare(length(b.right), length(a.right)))
	})
	return merges
}

// t5 is T5Converter: the pieces and then <extra_id_99> to <extra_id_0>.
func (s *source) t5(m *sentencepiece.Model, c *config) error {
	c.defaults("", "</s>", "<unk>", "<pad>")
	s.kind, s.unknownID = unigram, m.Unknown
	s.byteFallback = false // T5Converter does not handle it
	s.pieces = slices.Clone(m.Pieces)
	extra := 100
	if c.ExtraIDs != nil {
		extra = *c.ExtraIDs
	}
	if extra < 0 || extra > maxID {
		return contract.Errorf(contract.ErrBadData, "%s: extra_ids is %d", c.path, extra)
	}
	for i := extra - 1; i >= 0; i-- {
		token := tokenName{addedToken{Text: fmt.Sprintf("<extra_id_%d>", i)}}
		s.pieces = append(s.pieces, sentencepiece.Piece{Text: token.Text, Kind: sentencepiece.Normal})
		c.Additional = append(c.Additional, token)
	}
	if m.Normalizer.CharsMap != nil {
		s.normalizers = append(s.normalizers, newCharsMap(m.Normalizer.CharsMap))
	}
	s.normalizers = append(s.normalizers, strip{right: true}, replaceRuns(sign))
	s.cutters = []cutter{metaspace{sign: sign, prepend: c.prefixScheme(), split: true}}
	return nil
}
