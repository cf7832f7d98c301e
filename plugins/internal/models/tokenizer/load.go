package tokenizer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
)

// The files of a folder.
const (
	VocabName   = "vocab.json"
	MergesName  = "merges.txt"
	JSONName    = "tokenizer.json"
	AddedName   = "added_tokens.json"
	ConfigName  = "tokenizer_config.json"
	SpecialName = "special_tokens_map.json"
	ModelName   = "tokenizer.model" // SentencePiece's, of LLaMA
	PieceName   = "spiece.model"    // SentencePiece's, of T5
)

// EndOfText is GPT-2's one special token.
const EndOfText = "<|endoftext|>"

// Load reads a GGUF file, or a folder: tokenizer.json, else vocab.json with merges.txt, else
// tokenizer.model or spiece.model; with each what tokenizer_config.json,
// added_tokens.json and special_tokens_map.json add to it, as transformers has it.
// Errors: ErrNotFound, ErrBadData with file and line, ErrUnsupported with file
// and key for what would give other ids than the reference.
func Load(path string) (*Tokenizer, error) {
	if isGGUF(path) {
		return loadGGUF(path)
	}
	c, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	s, err := readSource(path, c)
	if err != nil {
		return nil, err
	}
	return s.build()
}

func readSource(dir string, c *config) (*source, error) {
	switch layoutOf(dir, c) {
	case JSONName:
		return readJSON(dir, c)
	case VocabName:
		return readPair(dir, c)
	case ModelName:
		return readModel(filepath.Join(dir, ModelName), c)
	case PieceName:
		return readModel(filepath.Join(dir, PieceName), c)
	}
	return nil, contract.Errorf(contract.ErrNotFound, "%s: neither %s, nor %s with %s, nor %s, nor %s", dir, JSONName, VocabName, MergesName, ModelName, PieceName)
}

// layoutOf names the file that a folder's vocabulary is read from; "" if none is there.
// With add_prefix_space set, transformers makes LLaMA's and T5's tokenizers anew from
// SentencePiece's file.
func layoutOf(dir string, c *config) string {
	names := []string{JSONName, VocabName, MergesName, ModelName, PieceName}
	if c.PrefixSpace != nil && (c.isLlama() || c.isT5()) {
		names = []string{ModelName, PieceName, JSONName}
	}
	for _, name := range names {
		if exists(filepath.Join(dir, name)) {
			if name == MergesName {
				return VocabName
			}
			return name
		}
	}
	return ""
}

// Files lists those of the folder's files that Load reads; a GGUF file is its own.
func Files(dir string) []string {
	if isGGUF(dir) {
		return []string{dir}
	}
	c, err := readConfig(dir)
	if err != nil {
		c = &config{} // Load says what is wrong with it
	}
	layout := layoutOf(dir, c)
	names := []string{layout, ConfigName, SpecialName}
	if layout == VocabName {
		names = []string{VocabName, MergesName, AddedName, ConfigName, SpecialName}
	}
	var paths []string
	for _, name := range names {
		if path := filepath.Join(dir, name); name != "" && exists(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func isGGUF(path string) bool { return strings.EqualFold(filepath.Ext(path), extensionGGUF) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
