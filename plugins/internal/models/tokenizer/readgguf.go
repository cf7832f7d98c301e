package tokenizer

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/gguf"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

const extensionGGUF = ".gguf"

// loadGGUF reads the tokenizer in a GGUF file.
func loadGGUF(path string) (*Tokenizer, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	told, err := file.Tokenizer()
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return fromGGUF(filepath.Base(path), told)
}

// FromGGUF makes the tokenizer that a GGUF file describes: that of the Hugging Face
// folder which the file was made from. Known are "llama" (SentencePiece's BPE) and,
// under "gpt2", the pre-tokenisation of gpt-2, llama-bpe, qwen2 and smollm.
// Errors: ErrBadData, ErrUnsupported with the key.
func FromGGUF(g gguf.Tokenizer) (*Tokenizer, error) { return fromGGUF("GGUF", g) }

func fromGGUF(name string, g gguf.Tokenizer) (*Tokenizer, error) {
	s := &source{vocabFile: name + ": tokenizer.ggml.tokens", mergesFile: name + ": tokenizer.ggml.merges", vocab: map[string]int32{}, lossy: true}
	pieces := make([]sentencepiece.Piece, len(g.Tokens))
	for id, text := range g.Tokens {
		pieces[id] = sentencepiece.Piece{Text: text, Kind: sentencepiece.Normal}
		if len(g.Types) == len(g.Tokens) {
			pieces[id].Kind = sentencepiece.Kind(g.Types[id])
		}
		if len(g.Scores) == len(g.Tokens) {
			pieces[id].Score = float64(g.Scores[id])
		}
	}
	if err := s.pieceVocab(pieces); err != nil {
		return nil, err
	}
	s.control(pieces)
	if err := s.readGGUF(name, g, pieces); err != nil {
		return nil, err
	}
	if set(g.AddBOS, g.Model == "llama") && g.BOS >= 0 && g.BOS < len(g.Tokens) {
		s.begin = g.Tokens[g.BOS]
	}
	if err := s.consistent(); err != nil {
		return nil, err
	}
	return s.build()
}

func (s *source) readGGUF(name string, g gguf.Tokenizer, pieces []sentencepiece.Piece) error {
	var err error
	if s.merges, err = ggufMerges(s.mergesFile, g.Merges); err != nil {
		return err
	}
	switch g.Model {
	case "llama":
		return s.ggufPieces(name, g, pieces)
	case "gpt2":
		return s.ggufBytes(name, g)
	}
	return contract.Errorf(contract.ErrUnsupported, "%s: tokenizer.ggml.model is %q; known are llama and gpt2", name, g.Model)
}

// ggufMerges reads "left right" lines; a token has no space in it, but may start with one.
func ggufMerges(file string, lines []string) ([]mergeLine, error) {
	merges := make([]mergeLine, len(lines))
	for i, line := range lines {
		m, err := parseMerge(line)
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s:%d: %v", file, i+1, err)
		}
		m.line = i + 1
		merges[i] = m
	}
	return merges, nil
}

// ggufPieces is LLaMA's tokenizer.model in a GGUF file.
func (s *source) ggufPieces(name string, g gguf.Tokenizer, pieces []sentencepiece.Piece) error {
	if len(g.Scores) == 0 && len(g.Merges) == 0 {
		return contract.Errorf(contract.ErrBadData, "%s: neither tokenizer.ggml.scores nor tokenizer.ggml.merges", name)
	}
	s.kind, s.fuseUnknown = rankedBPE, true
	s.byteFallback = slices.ContainsFunc(pieces, func(p sentencepiece.Piece) bool { return p.Text == "<0x00>" })
	if g.Unknown >= 0 && g.Unknown < len(pieces) {
		s.unknown = pieces[g.Unknown].Text
		s.addSpecial(addedToken{Text: s.unknown}) // as LlamaTokenizer's unk_token
	}
	if len(s.merges) == 0 {
		s.merges, s.derived = mergesOf(s.vocab, pieces), true
	}
	if set(g.AddSpacePrefix, true) {
		s.normalizers = append(s.normalizers, prepend(sign))
	}
	s.normalizers = append(s.normalizers, replace{" ", sign})
	return nil
}

// ggufBytes is a byte-level tokenizer; its way to cut words has only a name in the file.
func (s *source) ggufBytes(name string, g gguf.Tokenizer) error {
	if set(g.AddSpacePrefix, false) {
		s.cutters = append(s.cutters, prefixSpace{})
	}
	switch strings.ToLower(g.Pre) {
	case "gpt-2", "gpt2":
		s.cutters = append(s.cutters, scanner(gpt2Word))
	case "llama-bpe", "llama3", "llama-v3":
		s.cutters, s.ignoreMerges = append(s.cutters, scanner(cl100k(3))), true
	case "qwen2", "deepseek-r1-qwen":
		s.normalizers = []normalizer{forms["NFC"]}
		s.cutters = append(s.cutters, scanner(cl100k(1)))
	case "smollm":
		s.cutters = append(s.cutters, digits{alone: true}, scanner(gpt2Word))
	default:
		return contract.Errorf(contract.ErrUnsupported, "%s: tokenizer.ggml.pre is %q; known are gpt-2, llama-bpe, qwen2 and smollm", name, g.Pre)
	}
	return nil
}
