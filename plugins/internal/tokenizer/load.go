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
)

// EndOfText is GPT-2's one special token.
const EndOfText = "<|endoftext|>"

// Load reads a folder: vocab.json with merges.txt (and added_tokens.json if
// there), else tokenizer.json. Errors: ErrNotFound, ErrBadData with file and
// line, ErrUnsupported for a tokenizer that is not GPT-2's kind.
func Load(dir string) (*Tokenizer, error) {
	vocab, merges := filepath.Join(dir, VocabName), filepath.Join(dir, MergesName)
	if !exists(vocab) && !exists(merges) {
		if path := filepath.Join(dir, JSONName); exists(path) {
			return loadJSON(path)
		}
		return nil, contract.Errorf(contract.ErrNotFound, "%s: neither %s with %s nor %s", dir, VocabName, MergesName, JSONName)
	}
	return loadPair(vocab, merges, filepath.Join(dir, AddedName))
}

// Files lists those of the folder's files that Load reads.
func Files(dir string) []string {
	var paths []string
	for _, name := range []string{VocabName, MergesName, AddedName} {
		if path := filepath.Join(dir, name); exists(path) {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return []string{filepath.Join(dir, JSONName)}
	}
	return paths
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func loadPair(vocab, merges, more string) (*Tokenizer, error) {
	s := &source{vocabFile: vocab, mergesFile: merges}
	var err error
	if s.vocab, err = readVocab(vocab); err != nil {
		return nil, err
	}
	if s.merges, err = readMerges(merges); err != nil {
		return nil, err
	}
	if id, ok := s.vocab[EndOfText]; ok {
		s.added = append(s.added, addedToken{ID: id, Text: EndOfText})
	}
	if exists(more) {
		tokens, err := readVocab(more)
		if err != nil {
			return nil, err
		}
		for _, text := range slices.Sorted(maps.Keys(tokens)) {
			s.added = append(s.added, addedToken{ID: tokens[text], Text: text})
		}
	}
	return s.build()
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
