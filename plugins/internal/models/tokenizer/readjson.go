package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/models/sentencepiece"
)

// jsonFile is the part of tokenizer.json that decides about ids. Truncation, padding
// and the decoder do not.
type jsonFile struct {
	path          string
	Added         []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Model         jsonModel       `json:"model"`
}

type jsonModel struct {
	Type         string          `json:"type"`
	Dropout      *float64        `json:"dropout"`
	Unknown      *string         `json:"unk_token"`
	UnknownID    *int            `json:"unk_id"`
	Prefix       string          `json:"continuing_subword_prefix"`
	Suffix       string          `json:"end_of_word_suffix"`
	ByteFallback bool            `json:"byte_fallback"`
	FuseUnknown  bool            `json:"fuse_unk"`
	IgnoreMerges bool            `json:"ignore_merges"`
	Vocab        json.RawMessage `json:"vocab"`
	Merges       []jsonMerge     `json:"merges"`
}

// jsonMerge comes as "left right" or, from newer versions, as ["left", "right"].
type jsonMerge mergeLine

// UnmarshalJSON reads either form.
func (m *jsonMerge) UnmarshalJSON(text []byte) error {
	var two []string
	var line string
	if json.Unmarshal(text, &two) == nil {
		if len(two) != 2 {
			return fmt.Errorf("merge %s: expected two tokens", text)
		}
		*m = jsonMerge{left: two[0], right: two[1]}
		return nil
	}
	if err := json.Unmarshal(text, &line); err != nil {
		return fmt.Errorf("merge %s: expected two tokens", text)
	}
	parsed, err := parseMerge(line)
	*m = jsonMerge(parsed)
	return err
}

func readJSON(dir string, c *config) (*source, error) {
	f := jsonFile{path: filepath.Join(dir, JSONName)}
	if err := decodeFile(f.path, &f); err != nil {
		return nil, err
	}
	s := &source{vocabFile: f.path, mergesFile: f.path + ": model.merges", added: f.Added, lossy: true}
	for _, step := range []func(*source) error{f.supported, f.readNormalizers, f.readCutters, f.readModel, f.readBegin, c.overrule, c.addTokens} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	s.fuse()
	return s, s.consistent()
}

// overrule applies what transformers lets tokenizer_config.json say about a
// tokenizer.json: the prefix space of a byte-level tokenizer, and LLaMA's begin token.
func (c *config) overrule(s *source) error {
	if c.PrefixSpace != nil && len(s.cutters) > 0 {
		_, has := s.cutters[0].(prefixSpace)
		_, scans := s.cutters[0].(scanner)
		switch alone := s.kind == bytePairs && len(s.cutters) <= 2; {
		case alone && has && !*c.PrefixSpace:
			s.cutters = s.cutters[1:]
		case alone && scans && len(s.cutters) == 1 && *c.PrefixSpace:
			s.cutters = []cutter{prefixSpace{}, s.cutters[0]}
		}
	}
	if c.isLlama() {
		c.defaults("<s>", "</s>", "<unk>", "")
		if s.begin = ""; set(c.AddBegin, true) {
			s.begin = c.Begin.Text
		}
	}
	return nil
}

// supported refuses what would give other ids, or none that are always the same.
func (f *jsonFile) supported(*source) error {
	m := f.Model
	for _, c := range []struct {
		ok       bool
		key, why string
	}{
		{m.Type == "BPE" || m.Type == "Unigram" || m.Type == "", "model.type", "is " + m.Type + ", known are BPE and Unigram"},
		{m.Dropout == nil || *m.Dropout == 0, "model.dropout", "is set, expected none"},
		{m.Prefix == "", "model.continuing_subword_prefix", "is " + m.Prefix + ", expected none"},
		{m.Suffix == "", "model.end_of_word_suffix", "is " + m.Suffix + ", expected none"},
	} {
		if !c.ok {
			return f.unsupported(c.key, "%s", c.why)
		}
	}
	return nil
}

func (f *jsonFile) unsupported(key, format string, args ...any) error {
	return contract.Errorf(contract.ErrUnsupported, "%s: %s "+format, append([]any{f.path, key}, args...)...)
}

func (f *jsonFile) bad(key, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s: %s: "+format, append([]any{f.path, key}, args...)...)
}

func (f *jsonFile) readModel(s *source) error {
	m := f.Model
	s.byteFallback, s.fuseUnknown, s.ignoreMerges = m.ByteFallback, m.FuseUnknown, m.IgnoreMerges
	if len(m.Vocab) == 0 || string(m.Vocab) == "null" {
		return f.bad("model.vocab", "is missing")
	}
	if m.Type == "Unigram" || m.Type == "" && m.Vocab[0] == '[' {
		return f.readPieces(s)
	}
	if m.Unknown != nil {
		s.unknown = *m.Unknown
	}
	s.merges = make([]mergeLine, len(m.Merges))
	for i, merge := range m.Merges {
		s.merges[i] = mergeLine{left: merge.left, right: merge.right, line: i + 1}
	}
	if s.kind == bytePairs && m.ByteFallback {
		return f.unsupported("model.byte_fallback", "is true for a byte-level vocabulary")
	}
	var err error
	if s.vocab, err = decodeVocab(json.NewDecoder(bytes.NewReader(m.Vocab))); err != nil {
		return f.bad("model.vocab", "%v", err)
	}
	return nil
}

func (f *jsonFile) readPieces(s *source) error {
	if s.kind == bytePairs {
		return f.unsupported("pre_tokenizer", "is ByteLevel for a Unigram model")
	}
	var pieces [][2]json.RawMessage
	if err := json.Unmarshal(f.Model.Vocab, &pieces); err != nil {
		return f.bad("model.vocab", "expected a list of [piece, score]: %v", err)
	}
	for i, p := range pieces {
		var text string
		score, ok := readScore(string(p[1]))
		if err := json.Unmarshal(p[0], &text); err != nil || !ok {
			return f.bad("model.vocab", "entry %d: expected [piece, score]", i)
		}
		s.pieces = append(s.pieces, sentencepiece.Piece{Text: text, Score: score, Kind: sentencepiece.Normal})
	}
	s.kind, s.unknownID = unigram, -1
	if id := f.Model.UnknownID; id != nil {
		if *id < 0 || *id >= len(pieces) {
			return f.bad("model.unk_id", "is %d; the vocabulary has %d pieces", *id, len(pieces))
		}
		s.unknownID = int32(*id)
	}
	return nil
}

// strict decodes one part of the file; a key that is not known is refused.
func (f *jsonFile) strict(key string, part json.RawMessage, out any) error {
	d := json.NewDecoder(bytes.NewReader(part))
	d.DisallowUnknownFields()
	err := d.Decode(out)
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "unknown field"):
		return f.unsupported(key, "has an %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return f.bad(key, "%v", err)
}

// typeOf is the type of a part; "" for none.
func (f *jsonFile) typeOf(key string, part json.RawMessage) (string, error) {
	if len(part) == 0 || string(part) == "null" {
		return "", nil
	}
	var tag struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(part, &tag); err != nil {
		return "", f.bad(key, "%v", err)
	}
	if tag.Type == "" {
		return "", f.bad(key, "has no type")
	}
	return tag.Type, nil
}

// decodeFile decodes a whole JSON file, naming the line of a syntax error.
func decodeFile(path string, out any) error {
	text, err := regular.ReadText(path)
	if err != nil {
		return err
	}
	if err = json.Unmarshal(text, out); err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	line := 1
	switch {
	case errors.As(err, &syntax):
		line = lineAt(text, syntax.Offset)
	case errors.As(err, &wrongType):
		line = lineAt(text, wrongType.Offset)
	}
	return contract.Errorf(contract.ErrBadData, "%s:%d: %v", path, line, err)
}
