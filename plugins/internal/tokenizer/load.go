package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// The files of a folder.
const (
	VocabName  = "vocab.json"
	MergesName = "merges.txt"
	JSONName   = "tokenizer.json"
	AddedName  = "added_tokens.json"
	ConfigName = "tokenizer_config.json"
)

// EndOfText is GPT-2's one special token.
const EndOfText = "<|endoftext|>"

// Load reads a folder: tokenizer.json, else vocab.json with merges.txt and, if
// there, added_tokens.json; with either, what tokenizer_config.json adds. Errors:
// ErrNotFound, ErrBadData with file and line, ErrUnsupported for a tokenizer
// that is not of GPT-2's kind.
func Load(dir string) (*Tokenizer, error) {
	read := readPair
	if exists(filepath.Join(dir, JSONName)) {
		read = readJSON
	}
	s, err := read(dir)
	if err != nil {
		return nil, err
	}
	if err := s.configure(filepath.Join(dir, ConfigName)); err != nil {
		return nil, err
	}
	return s.build()
}

// Files lists those of the folder's files that Load reads.
func Files(dir string) []string {
	names := []string{VocabName, MergesName, AddedName, ConfigName}
	if exists(filepath.Join(dir, JSONName)) {
		names = []string{JSONName, ConfigName}
	}
	var paths []string
	for _, name := range names {
		if path := filepath.Join(dir, name); exists(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func readPair(dir string) (*source, error) {
	s := &source{vocabFile: filepath.Join(dir, VocabName), mergesFile: filepath.Join(dir, MergesName)}
	if !exists(s.vocabFile) && !exists(s.mergesFile) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: neither %s nor %s with %s", dir, JSONName, VocabName, MergesName)
	}
	var err error
	if s.vocab, err = readVocab(s.vocabFile); err != nil {
		return nil, err
	}
	if s.merges, err = readMerges(s.mergesFile); err != nil {
		return nil, err
	}
	if id, ok := s.vocab[EndOfText]; ok {
		s.added = append(s.added, addedToken{ID: id, Text: EndOfText})
	}
	return s, s.addMore(filepath.Join(dir, AddedName))
}

// addMore reads added_tokens.json if it is there.
func (s *source) addMore(path string) error {
	if !exists(path) {
		return nil
	}
	tokens, err := readVocab(path)
	for _, text := range slices.Sorted(maps.Keys(tokens)) {
		s.added = append(s.added, addedToken{ID: tokens[text], Text: text})
	}
	return err
}

func read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such file", path)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%v", err)
	}
	return text, nil
}

// readVocab reads {"token": id, ...}, refusing a token that stands twice.
func readVocab(path string) (map[string]int32, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	vocab, err := decodeVocab(d)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s:%d: %v", path, lineAt(text, d.InputOffset()), err)
	}
	return vocab, nil
}

func decodeVocab(d *json.Decoder) (map[string]int32, error) {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("expected a JSON object of tokens and ids")
	}
	vocab := map[string]int32{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		var id int32
		if err := d.Decode(&id); err != nil {
			return nil, fmt.Errorf("id of token %q: %w", token, err)
		}
		name, _ := token.(string)
		if _, twice := vocab[name]; twice {
			return nil, fmt.Errorf("token %q stands twice", name)
		}
		vocab[name] = id
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("cut short: %w", err)
	}
	return vocab, nil
}

func lineAt(text []byte, offset int64) int {
	return 1 + bytes.Count(text[:min(int(offset), len(text))], []byte("\n"))
}

// readMerges reads one merge a line, in the order of their ranks, after an
// optional "#version" line.
func readMerges(path string) ([]mergeLine, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	var merges []mergeLine
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || strings.HasPrefix(line, "#version") {
			continue
		}
		m, err := parseMerge(line)
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "%s:%d: %v", path, number, err)
		}
		m.line = number
		merges = append(merges, m)
	}
	return merges, nil
}

func parseMerge(line string) (mergeLine, error) {
	left, right, ok := strings.Cut(line, " ")
	if !ok || left == "" || right == "" || strings.Contains(right, " ") {
		return mergeLine{}, fmt.Errorf("%q: expected two tokens with one space between them", line)
	}
	return mergeLine{left: left, right: right}, nil
}
