package tokenizer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/sentencepiece"
)

// typed is the key that every part has.
type typed struct {
	Type string `json:"type"`
}

// forms are Unicode's normalisation forms by name.
var forms = map[string]unicodeForm{"NFC": {norm.NFC, true}, "NFD": {norm.NFD, false}, "NFKC": {norm.NFKC, true}, "NFKD": {norm.NFKD, false}}

func (f *jsonFile) readNormalizers(s *source) error {
	return f.normalizer(s, "normalizer", f.Normalizer)
}

func (f *jsonFile) normalizer(s *source, key string, part json.RawMessage) error {
	kind, err := f.typeOf(key, part)
	if err != nil || kind == "" {
		return err
	}
	var n normalizer
	switch kind {
	case "Sequence":
		var all struct {
			typed
			Parts []json.RawMessage `json:"normalizers"`
		}
		if err := f.strict(key, part, &all); err != nil {
			return err
		}
		for i, p := range all.Parts {
			if err := f.normalizer(s, fmt.Sprintf("%s.normalizers[%d]", key, i), p); err != nil {
				return err
			}
		}
		return nil
	case "NFC", "NFD", "NFKC", "NFKD":
		n, err = forms[kind], f.strict(key, part, &typed{})
	case "Lowercase":
		n, err = lowercase{}, f.strict(key, part, &typed{})
	case "Nmt":
		n, err = nmt{}, f.strict(key, part, &typed{})
	case "Prepend":
		n, err = f.prepend(key, part)
	case "Replace":
		n, err = f.replace(key, part)
	case "Strip":
		n, err = f.strip(key, part)
	case "Precompiled":
		n, err = f.precompiled(key, part)
	default:
		return f.unsupported(key, "is %s, known are NFC, NFD, NFKC, NFKD, Lowercase, Nmt, Prepend, Replace, Strip, Precompiled and Sequence", kind)
	}
	s.normalizers = append(s.normalizers, n)
	return err
}

func (f *jsonFile) prepend(key string, part json.RawMessage) (normalizer, error) {
	var p struct {
		typed
		Prepend string `json:"prepend"`
	}
	err := f.strict(key, part, &p)
	return prepend(p.Prepend), err
}

func (f *jsonFile) strip(key string, part json.RawMessage) (normalizer, error) {
	var p struct {
		typed
		Left  bool `json:"strip_left"`
		Right bool `json:"strip_right"`
	}
	err := f.strict(key, part, &p)
	return strip{p.Left, p.Right}, err
}

func (f *jsonFile) precompiled(key string, part json.RawMessage) (normalizer, error) {
	var p struct {
		typed
		Map string `json:"precompiled_charsmap"`
	}
	if err := f.strict(key, part, &p); err != nil {
		return nil, err
	}
	blob, err := base64.StdEncoding.DecodeString(p.Map)
	if err != nil {
		return nil, f.bad(key, "precompiled_charsmap: %v", err)
	}
	m, err := sentencepiece.NewCharsMap(blob)
	if err != nil {
		return nil, f.bad(key, "precompiled_charsmap: %v", err)
	}
	return newCharsMap(m), nil
}

// jsonPattern is a text or a regular expression.
type jsonPattern struct {
	String *string `json:"String"`
	Regex  *string `json:"Regex"`
}

func (f *jsonFile) replace(key string, part json.RawMessage) (normalizer, error) {
	var p struct {
		typed
		Pattern jsonPattern `json:"pattern"`
		Content string      `json:"content"`
	}
	if err := f.strict(key, part, &p); err != nil {
		return nil, err
	}
	switch {
	case p.Pattern.String != nil && *p.Pattern.String != "":
		return replace{*p.Pattern.String, p.Content}, nil
	case p.Pattern.Regex != nil && *p.Pattern.Regex == " {2,}":
		return replaceRuns(p.Content), nil
	case p.Pattern.Regex != nil:
		return nil, f.unsupported(key+".pattern.Regex", "is %q, known is \" {2,}\"", *p.Pattern.Regex)
	}
	return nil, f.bad(key, "pattern: expected a String or a Regex")
}

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
	c := split{behavior: p.Behavior, invert: p.Invert}
	switch c.behavior {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
	default:
		return f.unsupported(key+".behavior", "is %q", c.behavior)
	}
	switch {
	case p.Pattern.String != nil && *p.Pattern.String != "":
		c.pattern = literal(*p.Pattern.String)
	case p.Pattern.Regex != nil && patterns[*p.Pattern.Regex] != nil:
		scan := patterns[*p.Pattern.Regex]
		if c.behavior == isolated || c.behavior == removed && c.invert {
			s.cutters = append(s.cutters, scan)
			return nil
		}
		c.pattern = func(text string, from int) (int, int) { return from, scan(text, from) }
	case p.Pattern.Regex != nil:
		return f.unsupported(key+".pattern.Regex", "is %q, known are those of GPT-2, LLaMA-3 and Qwen2", *p.Pattern.Regex)
	default:
		return f.bad(key, "pattern: expected a String or a Regex")
	}
	s.cutters = append(s.cutters, c)
	return nil
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

// fuse puts WhitespaceSplit and Metaspace together where they end the list (T5's).
func (s *source) fuse() {
	n := len(s.cutters)
	if n < 2 {
		return
	}
	_, splits := s.cutters[n-2].(whitespaceSplit)
	if m, signs := s.cutters[n-1].(metaspace); splits && signs && m.prepend == always && m.split {
		s.cutters = append(s.cutters[:n-2:n-2], signedWords{m})
	}
}

// consistent finds out whether a space is put before a text, and refuses what
// would need the reference's book-keeping of where each character came from.
func (s *source) consistent() error {
	for _, n := range s.normalizers {
		if p, is := n.(prepend); is && p == sign {
			s.prefix = true
		}
	}
	for _, c := range s.cutters {
		m, is := c.(metaspace)
		if w, both := c.(signedWords); both {
			m, is = w.metaspace, true
		}
		if is && m.prepend != never {
			s.prefix = true
		}
		if is && m.prepend == onlyFirst && s.dropsBeginnings() {
			return contract.Errorf(contract.ErrUnsupported, "%s: pre_tokenizer: prepend_scheme \"first\" is not supported with a normalizer that takes away the beginning of a text", s.vocabFile)
		}
	}
	return nil
}

func (s *source) dropsBeginnings() bool {
	for _, n := range s.normalizers {
		switch n := n.(type) {
		case strip:
			if n.left {
				return true
			}
		case replace:
			if n.with == "" {
				return true
			}
		}
	}
	return false
}
