package tokenizer

import (
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

// fillModel builds the model of the vocabulary and merges.
func (s *source) fillModel(t *Tokenizer) error {
	unknown := int32(-1)
	if s.unknown != "" {
		id, ok := s.vocab[s.unknown]
		if !ok {
			return contract.Errorf(contract.ErrBadData, "%s: model.unk_token %q is not in the vocabulary", s.vocabFile, s.unknown)
		}
		unknown = id
	}
	switch s.kind {
	case bytePairs:
		return s.fillBytePairs(t, unknown)
	case rankedBPE:
		return s.fillRanked(t, unknown)
	default:
		return s.fillUnigram(t)
	}
}

func (s *source) fillBytePairs(t *Tokenizer, unknown int32) error {
	b := &byteLevel{letters: newAlphabet(), unknown: unknown, fuse: s.fuseUnknown, merges: make(map[pair]merge, len(s.merges))}
	t.model, t.space = b, "Ġ"
	if err := s.fillBytes(b); err != nil {
		return err
	}
	if s.ignoreMerges {
		b.whole = make(map[string]int32, len(t.raw))
		for token, id := range s.vocab {
			b.whole[b.letters.read(token)] = id
		}
	}
	return s.fillMerges(b)
}

func (s *source) fillBytes(b *byteLevel) error {
	missing := 0
	for i, r := range b.letters.runes {
		id, ok := s.vocab[string(r)]
		if !ok {
			id, missing = -1, missing+1
		}
		if !ok && (!s.lossy || missing > 64) {
			return contract.Errorf(contract.ErrBadData, "%s: byte 0x%02x (token %q) is missing: not a byte-level vocabulary", s.vocabFile, i, r)
		}
		b.bytes[i] = id
	}
	return nil
}

func (s *source) fillMerges(b *byteLevel) error {
	for rank, m := range s.merges {
		left, right, joined, err := s.mergeIDs(m)
		if err != nil {
			return err
		}
		if _, twice := b.merges[pair{left, right}]; twice {
			return s.mergeError(m, "merges %q with %q a second time", m.left, m.right)
		}
		b.merges[pair{left, right}] = merge{int32(rank), joined}
		b.order = append(b.order, pair{left, right})
	}
	return nil
}

func (s *source) mergeIDs(m mergeLine) (left, right, joined int32, err error) {
	left, okLeft := s.vocab[m.left]
	right, okRight := s.vocab[m.right]
	joined, okJoined := s.vocab[m.left+m.right]
	if !okLeft || !okRight || !okJoined {
		err = s.mergeError(m, "needs %q, %q and %q, which are not all in %s", m.left, m.right, m.left+m.right, s.vocabFile)
	}
	return left, right, joined, err
}

func (s *source) mergeError(m mergeLine, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s:%d: "+format, append([]any{s.mergesFile, m.line}, args...)...)
}

func (s *source) fillRanked(t *Tokenizer, unknown int32) error {
	merges := make([]sentencepiece.Merge, len(s.merges))
	for i, m := range s.merges {
		if _, _, _, err := s.mergeIDs(m); err != nil {
			return err
		}
		merges[i] = sentencepiece.Merge{Left: m.left, Right: m.right}
	}
	pieces := make([]sentencepiece.Piece, len(t.tokens))
	for id, token := range t.tokens {
		pieces[id] = sentencepiece.Piece{Text: token, Kind: sentencepiece.Normal}
	}
	encoder, err := sentencepiece.NewRankedBPE(pieces, merges, sentencepiece.BPEOptions{
		Unknown: unknown, ByteFallback: s.byteFallback, FuseUnknown: s.fuseUnknown, IgnoreMerges: s.ignoreMerges})
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s: %v", s.vocabFile, err)
	}
	t.model = rankedPieces{encoder}
	if !s.ignoreMerges && cutsBeforeSign(s.vocab, s.merges) {
		t.cutters = append(slices.Clone(t.cutters), signRuns(sign))
	}
	return nil
}

func (s *source) fillUnigram(t *Tokenizer) error {
	if s.unknownID < 0 {
		return contract.Errorf(contract.ErrUnsupported, "%s: model.unk_id is missing: text with unknown characters could not be encoded", s.vocabFile)
	}
	encoder, err := sentencepiece.NewUnigram(s.pieces, s.unknownID, s.byteFallback)
	if err != nil {
		return contract.Errorf(contract.ErrBadData, "%s: %v", s.vocabFile, err)
	}
	t.model = unigramPieces{encoder}
	return nil
}
