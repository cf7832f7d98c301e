package gguf

import "cllm4rec/core/contract"

// Tokenizer is what a file says about its tokenizer, as it says it
// (tokenizer.ggml.*). Lists are empty, ids -1 and flags nil where it says nothing.
type Tokenizer struct {
	Model  string    // "llama": SentencePiece BPE; "gpt2": byte-level BPE; "t5": Unigram
	Pre    string    // name of the pre-tokenisation, as "llama-bpe", "qwen2"
	Tokens []string  // by id
	Scores []float32 // as many as Tokens, or none
	// Types, as many as Tokens, or none: 1 normal, 2 unknown, 3 control, 4 user
	// defined, 5 unused, 6 byte.
	Types  []int64
	Merges []string // "left right", first first

	BOS, EOS, Unknown, Padding     int
	AddBOS, AddEOS, AddSpacePrefix *bool
}

// Tokenizer reads the tokenizer. ErrNotFound where the file has none; ErrBadData
// names a key that is missing, of another type or of another length than the tokens.
func (f *File) Tokenizer() (Tokenizer, error) {
	if _, has := f.model.metadata.values[tokenizerKeys+"model"]; !has {
		return Tokenizer{}, contract.Errorf(contract.ErrNotFound, "%s: no tokenizer (%smodel) in this file", f.path, tokenizerKeys)
	}
	t, err := f.model.tokenizer()
	if err != nil {
		return Tokenizer{}, inFile(f.path, err)
	}
	return t, nil
}

const tokenizerKeys = "tokenizer.ggml."

func (m *model) tokenizer() (Tokenizer, error) {
	md := metadata{values: m.metadata.values}
	if !md.has(tokenizerKeys + "model") {
		md.fail(tokenizerKeys+"model", "the name of a tokenizer")
	}
	t := Tokenizer{
		Model: md.text(tokenizerKeys + "model"), Pre: md.text(tokenizerKeys + "pre"),
		BOS: tokenID(&md, tokenizerKeys+"bos_token_id"), EOS: tokenID(&md, tokenizerKeys+"eos_token_id"),
		Unknown: tokenID(&md, tokenizerKeys+"unknown_token_id"), Padding: tokenID(&md, tokenizerKeys+"padding_token_id"),
		AddBOS: flag(&md, "add_bos_token"), AddEOS: flag(&md, "add_eos_token"),
		AddSpacePrefix: flag(&md, "add_space_prefix"),
	}
	t.Tokens = list(&md, "tokens", value.texts)
	t.Merges = list(&md, "merges", value.texts)
	t.Scores = list(&md, "scores", value.floats)
	t.Types = list(&md, "token_type", value.integers)
	for key, n := range map[string]int{"scores": len(t.Scores), "token_type": len(t.Types)} {
		if md.err == nil && n != 0 && n != len(t.Tokens) {
			return t, damaged("%s%s has %d items for %d tokens", tokenizerKeys, key, n, len(t.Tokens))
		}
	}
	if md.err == nil && len(t.Tokens) == 0 {
		md.fail(tokenizerKeys+"tokens", "a list of texts")
	}
	return t, md.err
}

// list reads an array, nil where the key is absent.
func list[T any](md *metadata, key string, items func(value) ([]T, bool)) []T {
	v, ok := md.values[tokenizerKeys+key]
	if !ok {
		return nil
	}
	all, ok := items(v)
	if !ok {
		md.fail(tokenizerKeys+key, "an array of texts or numbers")
	}
	return all
}

// flag reads a BOOL, nil where the key is absent.
func flag(md *metadata, key string) *bool {
	v, ok := md.values[tokenizerKeys+key]
	if !ok {
		return nil
	}
	is, ok := v.boolean()
	if !ok {
		md.fail(tokenizerKeys+key, "a BOOL")
	}
	return &is
}

// tokenID reads the id of a token, -1 where the key is absent.
func tokenID(md *metadata, key string) int {
	v, ok := md.values[key]
	if !ok {
		return -1
	}
	n, ok := v.integer()
	if !ok || n < 0 || n > 1<<31-1 {
		md.fail(key, "a whole number >= 0")
	}
	return int(n)
}
