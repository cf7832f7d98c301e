package tokenizer

import (
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

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

func readJSON(dir string) (*source, error) {
	path := filepath.Join(dir, JSONName)
	var f jsonFile
	if err := decodeFile(path, &f); err != nil {
		return nil, err
	}
	if err := f.supported(path); err != nil {
		return nil, err
	}
	s := &source{vocabFile: path, mergesFile: path + ": model.merges", vocab: f.Model.Vocab, added: f.Added, prefixSpace: f.PreTokenizer.PrefixSpace}
	if s.vocab == nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: model.vocab is missing", path)
	}
	var err error
	s.merges, err = f.merges(s.mergesFile)
	return s, err
}

// decodeFile decodes a whole JSON file, naming the line of a syntax error.
func decodeFile(path string, out any) error {
	text, err := read(path)
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

// configure applies tokenizer_config.json if it is there: transformers lets it
// overrule the prefix space and lists added tokens in it.
func (s *source) configure(path string) error {
	if !exists(path) {
		return nil
	}
	var config struct {
		PrefixSpace *bool                 `json:"add_prefix_space"`
		Added       map[string]addedToken `json:"added_tokens_decoder"`
	}
	if err := decodeFile(path, &config); err != nil {
		return err
	}
	if config.PrefixSpace != nil {
		s.prefixSpace = *config.PrefixSpace
	}
	for _, key := range slices.Sorted(maps.Keys(config.Added)) {
		id, err := strconv.Atoi(key)
		if err != nil || id < 0 || id >= maxID {
			return contract.Errorf(contract.ErrBadData, "%s: added_tokens_decoder: %q is not a token id", path, key)
		}
		token := config.Added[key]
		token.ID = int32(id)
		s.added = slices.DeleteFunc(s.added, func(a addedToken) bool { return a.Text == token.Text && a.ID == token.ID })
		s.added = append(s.added, token)
	}
	return nil
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
