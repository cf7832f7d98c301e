package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// patterns are the regular expressions that have a scanner; each matches every text
// without gaps.
var patterns = map[string]scanner{
	`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`:                                          gpt2Word,
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`: cl100k(3),
	`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`:      cl100k(1),
}

func (f *jsonFile) readCutters(s *source) error {
	s.kind = rankedBPE
	return f.cutter(s, "pre_tokenizer", f.PreTokenizer)
}

func (f *jsonFile) cutter(s *source, key string, part json.RawMessage) error {
	kind, err := f.typeOf(key, part)
	if err != nil || kind == "" {
		return err
	}
	if s.kind == bytePairs {
		return f.unsupported(key, "(%s) comes after ByteLevel", kind)
	}
	switch kind {
	case "Sequence":
		return f.cutters(s, key, part)
	case "ByteLevel":
		return f.byteLevel(s, key, part)
	case "Split":
		return f.split(s, key, part)
	case "Metaspace":
		return f.metaspace(s, key, part)
	case "Digits":
		var p struct {
			typed
			Alone bool `json:"individual_digits"`
		}
		err = f.strict(key, part, &p)
		s.cutters = append(s.cutters, digits{p.Alone})
	case "WhitespaceSplit":
		err = f.strict(key, part, &typed{})
		s.cutters = append(s.cutters, whitespaceSplit{})
	default:
		return f.unsupported(key, "is %s, known are ByteLevel, Split, Metaspace, Digits, WhitespaceSplit and Sequence", kind)
	}
	return err
}

func (f *jsonFile) cutters(s *source, key string, part json.RawMessage) error {
	var all struct {
		typed
		Parts []json.RawMessage `json:"pretokenizers"`
	}
	if err := f.strict(key, part, &all); err != nil {
		return err
	}
	for i, p := range all.Parts {
		if err := f.cutter(s, fmt.Sprintf("%s.pretokenizers[%d]", key, i), p); err != nil {
			return err
		}
	}
	return nil
}

func (f *jsonFile) byteLevel(s *source, key string, part json.RawMessage) error {
	var p struct {
		typed
		PrefixSpace *bool `json:"add_prefix_space"`
		Trim        bool  `json:"trim_offsets"`
		UseRegex    *bool `json:"use_regex"`
	}
	if err := f.strict(key, part, &p); err != nil {
		return err
	}
	s.kind = bytePairs
	if set(p.PrefixSpace, true) {
		s.cutters = append(s.cutters, prefixSpace{})
	}
	if set(p.UseRegex, true) {
		s.cutters = append(s.cutters, scanner(gpt2Word))
	}
	return nil
}

func (f *jsonFile) split(s *source, key string, part json.RawMessage) error {
	var p struct {
		typed
		Pattern  jsonPattern `json:"pattern"`
		Behavior behavior    `json:"behavior"`
		Invert   bool        `json:"invert"`
	}
	if err := f.strict(key, part, &p); err != nil {
		return err
	}
	switch p.Behavior {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
	default:
		return f.unsupported(key+".behavior", "is %q", p.Behavior)
	}
	scan, find, err := f.pattern(key, p.Pattern)
	switch {
	case err != nil:
		return err
	case scan != nil && (p.Behavior == isolated || p.Behavior == removed && p.Invert): // every word is kept
		s.cutters = append(s.cutters, scan)
	default:
		s.cutters = append(s.cutters, split{find, p.Behavior, p.Invert})
	}
	return nil
}

// pattern finds what a Split looks for, with its scanner if it has one.
func (f *jsonFile) pattern(key string, p jsonPattern) (scanner, pattern, error) {
	switch {
	case p.String != nil && *p.String != "":
		return nil, literal(*p.String), nil
	case p.Regex != nil && patterns[*p.Regex] != nil:
		scan := patterns[*p.Regex]
		return scan, func(text string, from int) (int, int) { return from, scan(text, from) }, nil
	case p.Regex != nil:
		return nil, nil, f.unsupported(key+".pattern.Regex", "is %q, known are those of GPT-2, LLaMA-3 and Qwen2", *p.Regex)
	}
	return nil, nil, f.bad(key, "pattern: expected a String or a Regex")
}

// literal finds a text.
func literal(what string) pattern {
	return func(text string, from int) (int, int) {
		at := strings.Index(text[from:], what)
		if at < 0 {
			return -1, -1
		}
		return from + at, from + at + len(what)
	}
}

func (f *jsonFile) metaspace(s *source, key string, part json.RawMessage) error {
	var p struct {
		typed
		Replacement string  `json:"replacement"`
		Spelled     string  `json:"str_rep"`
		PrefixSpace *bool   `json:"add_prefix_space"`
		Scheme      *scheme `json:"prepend_scheme"`
		Split       *bool   `json:"split"`
	}
	if err := f.strict(key, part, &p); err != nil {
		return err
	}
	m := metaspace{sign: p.Replacement, prepend: always, split: set(p.Split, true)}
	if p.Scheme != nil {
		m.prepend = *p.Scheme
	}
	switch {
	case m.prepend != always && m.prepend != onlyFirst && m.prepend != never:
		return f.unsupported(key+".prepend_scheme", "is %q", m.prepend)
	case !set(p.PrefixSpace, true) && m.prepend != never:
		return f.bad(key, "add_prefix_space is false, but prepend_scheme %q", m.prepend)
	case m.sign != sign:
		return f.unsupported(key+".replacement", "is %q, known is %q", m.sign, sign)
	}
	s.cutters = append(s.cutters, m)
	return nil
}
