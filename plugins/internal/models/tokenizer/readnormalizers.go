package tokenizer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"golang.org/x/text/unicode/norm"

	"cllm4rec/plugins/internal/models/sentencepiece"
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
	if kind == "Sequence" {
		return f.normalizers(s, key, part)
	}
	var n normalizer
	if simple, is := plainNormalizers[kind]; is {
		n, err = simple, f.strict(key, part, &typed{})
	} else {
		n, err = f.settled(kind, key, part)
	}
	s.normalizers = append(s.normalizers, n)
	return err
}

// plainNormalizers have no settings.
var plainNormalizers = map[string]normalizer{
	"NFC": forms["NFC"], "NFD": forms["NFD"], "NFKC": forms["NFKC"], "NFKD": forms["NFKD"], "Lowercase": lowercase{}, "Nmt": nmt{},
}

// settled is a normalizer with settings.
func (f *jsonFile) settled(kind, key string, part json.RawMessage) (normalizer, error) {
	switch kind {
	case "Prepend":
		return f.prepend(key, part)
	case "Replace":
		return f.replace(key, part)
	case "Strip":
		return f.strip(key, part)
	case "Precompiled":
		return f.precompiled(key, part)
	}
	return nil, f.unsupported(key, "is %s, known are NFC, NFD, NFKC, NFKD, Lowercase, Nmt, Prepend, Replace, Strip, Precompiled and Sequence", kind)
}

func (f *jsonFile) normalizers(s *source, key string, part json.RawMessage) error {
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
