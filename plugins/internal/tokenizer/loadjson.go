package tokenizer

import (
	"encoding/json"
	"errors"

	"cllm4rec/core/contract"
)

// jsonFile is the part of tokenizer.json that decides about ids. Truncation,
// padding, the post-processor and the decoder do not: text is encoded without
// special tokens around it.
type jsonFile struct {
	Added        []addedToken    `json:"added_tokens"`
	Normalizer   json.RawMessage `json:"normalizer"`
	PreTokenizer struct {
		Type        string `json:"type"`
		PrefixSpace bool   `json:"add_prefix_space"`
		UseRegex    *bool  `json:"use_regex"`
	} `json:"pre_tokenizer"`
	Model struct {
		Type         string            `json:"type"`
		Dropout      *float64          `json:"dropout"`
		Prefix       string            `json:"continuing_subword_prefix"`
		Suffix       string            `json:"end_of_word_suffix"`
		ByteFallback bool              `json:"byte_fallback"`
		IgnoreMerges bool              `json:"ignore_merges"`
		Vocab        map[string]int32  `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	} `json:"model"`
}

func loadJSON(path string) (*Tokenizer, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	var f jsonFile
	if err := json.Unmarshal(text, &f); err != nil {
		line := 1
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			line = lineAt(text, syntax.Offset)
		}
		return nil, contract.Errorf(contract.ErrBadData, "%s:%d: %v", path, line, err)
	}
	if err := f.supported(path); err != nil {
		return nil, err
	}
	s := &source{vocabFile: path, mergesFile: path + ": model.merges", vocab: f.Model.Vocab, added: f.Added, prefixSpace: f.PreTokenizer.PrefixSpace}
	if s.vocab == nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: model.vocab is missing", path)
	}
	if s.merges, err = f.merges(s.mergesFile); err != nil {
		return nil, err
	}
	return s.build()
}

// supported refuses by name what would give other ids than GPT-2's way.
func (f *jsonFile) supported(path string) error {
	for _, c := range []struct {
		ok       bool
		key, why string
	}{
		{f.Model.Type == "BPE" || f.Model.Type == "", "model.type", "is " + f.Model.Type + ", expected BPE"},
		{f.PreTokenizer.Type == "ByteLevel", "pre_tokenizer.type", "is " + f.PreTokenizer.Type + ", expected ByteLevel"},
		{f.PreTokenizer.UseRegex == nil || *f.PreTokenizer.UseRegex, "pre_tokenizer.use_regex", "is false, expected true"},
		{len(f.Normalizer) == 0 || string(f.Normalizer) == "null", "normalizer", "is set, expected none"},
		{f.Model.Dropout == nil || *f.Model.Dropout == 0, "model.dropout", "is set, expected none"},
		{f.Model.Prefix == "", "model.continuing_subword_prefix", "is " + f.Model.Prefix + ", expected none"},
		{f.Model.Suffix == "", "model.end_of_word_suffix", "is " + f.Model.Suffix + ", expected none"},
		{!f.Model.ByteFallback, "model.byte_fallback", "is true, expected false"},
		{!f.Model.IgnoreMerges, "model.ignore_merges", "is true, expected false"},
	} {
		if !c.ok {
			return contract.Errorf(contract.ErrUnsupported, "%s: %s %s: not a GPT-2 tokenizer", path, c.key, c.why)
		}
	}
	return nil
}

// merges come as "left right" or, from newer versions, as ["left", "right"].
func (f *jsonFile) merges(where string) ([]mergeLine, error) {
	all := make([]mergeLine, len(f.Model.Merges))
	for i, raw := range f.Model.Merges {
		var line string
		var two []string
		var err error
		switch {
		case json.Unmarshal(raw, &line) == nil:
			all[i], err = parseMerge(line)
		case json.Unmarshal(raw, &two) == nil && len(two) == 2:
			all[i] = mergeLine{left: two[0], right: two[1]}
		default:
			err = errors.New("expected two tokens")
		}
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s:%d: %v", where, i+1, err)
		}
		all[i].line = i + 1
	}
	return all, nil
}
