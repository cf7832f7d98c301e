package tokenizer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// readPair reads vocab.json and merges.txt as transformers' GPT2Tokenizer and
// Qwen2Tokenizer do.
func readPair(dir string, c *config) (*source, error) {
	s := &source{vocabFile: filepath.Join(dir, VocabName), mergesFile: filepath.Join(dir, MergesName)}
	var err error
	if s.vocab, err = readVocab(s.vocabFile); err != nil {
		return nil, err
	}
	if s.merges, err = readMerges(s.mergesFile); err != nil {
		return nil, err
	}
	if err := s.styleOf(c); err != nil {
		return nil, err
	}
	if id, ok := s.vocab[EndOfText]; ok {
		s.added = append(s.added, addedToken{ID: id, Text: EndOfText, Special: true})
	}
	if err := s.addMore(filepath.Join(dir, AddedName), c); err != nil {
		return nil, err
	}
	return s, c.addTokens(s)
}

// styleOf is how the class of a tokenizer cuts words.
func (s *source) styleOf(c *config) error {
	switch {
	case c.Class == "" || c.is("GPT2Tokenizer") || c.is("PreTrainedTokenizer"):
		if set(c.PrefixSpace, false) {
			s.cutters = append(s.cutters, prefixSpace{})
		}
		s.cutters = append(s.cutters, scanner(gpt2Word))
		s.pair = len(s.cutters) == 1
		if set(c.AddBegin, false) {
			c.defaults(EndOfText, "", "", "")
			s.begin = c.Begin.Text
		}
	case c.is("Qwen2Tokenizer"):
		s.normalizers = []normalizer{forms["NFC"]}
		s.cutters = []cutter{scanner(cl100k(1))}
	default:
		return contract.Errorf(contract.ErrUnsupported, "%s: tokenizer_class %s with %s is not supported (known are GPT2Tokenizer and Qwen2Tokenizer); a %s would do",
			c.path, c.Class, VocabName, JSONName)
	}
	return nil
}

// addMore reads added_tokens.json, unless newer files list the added tokens.
func (s *source) addMore(path string, c *config) error {
	if !exists(path) || c.Added != nil {
		return nil
	}
	tokens, err := readVocab(path)
	special := c.named()
	for _, text := range slices.SortedFunc(maps.Keys(tokens), func(a, b string) int { return int(tokens[a] - tokens[b]) }) {
		is := slices.ContainsFunc(special, func(n tokenName) bool { return n.Text == text })
		s.added = append(s.added, addedToken{ID: tokens[text], Text: text, Special: is})
	}
	return err
}

// readVocab reads {"token": id, ...}, refusing a token that stands twice.
func readVocab(path string) (map[string]int32, error) {
	text, err := regular.ReadText(path)
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
	text, err := regular.ReadText(path)
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
