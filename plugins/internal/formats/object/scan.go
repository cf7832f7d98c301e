package object

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"cllm4rec/plugins/internal/formats/lines"
)

// field is one field of a JSON object: its name and its value as it is written.
type field struct {
	name string
	raw  []byte
}

// scan cuts a line of JSON into the fields of its object. encoding/json has
// checked the syntax, so that the walk over it is a plain one.
func scan(l lines.Line) ([]field, error) {
	if !json.Valid(l.Bytes) {
		return nil, syntaxError(l)
	}
	if l.Bytes[0] != '{' {
		return nil, l.Errorf("the line is %s, expected an object", kind(decode(l.Bytes)))
	}
	return fieldsOf(l, l.Bytes)
}

// fieldsOf cuts an object of valid JSON, which is the line l or lies in it, into its
// fields.
func fieldsOf(l lines.Line, object []byte) ([]field, error) {
	fields := make([]field, 0, fewFields)
	var seen names
	for s := (scanner{text: object, at: 1}); ; {
		if s.space(); s.text[s.at] == '}' {
			return fields, nil
		}
		name := unquote(s.value())
		if seen.again(fields, name) {
			return nil, l.Errorf("the field %.80q stands there twice", name)
		}
		s.space()
		s.at++ // the colon
		s.space()
		fields = append(fields, field{name, s.value()})
		if s.space(); s.text[s.at] == ',' {
			s.at++
		}
	}
}

// fewFields is up to how many fields are compared one by one.
const fewFields = 16

// names are those of an object's fields once there are more than a few; a line of a data
// set has few, and a map for each would cost more than the comparisons.
type names map[string]struct{}

// again reports whether a name is that of one of the fields, and notes it.
func (n *names) again(fields []field, name string) bool {
	if len(fields) < fewFields {
		return slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
	}
	if *n == nil {
		*n = names{}
		for _, f := range fields {
			(*n)[f.name] = struct{}{}
		}
	}
	_, again := (*n)[name]
	(*n)[name] = struct{}{}
	return again
}

// elementsOf cuts a list of valid JSON into its elements.
func elementsOf(list []byte) (elements [][]byte) {
	for s := (scanner{text: list, at: 1}); ; {
		if s.space(); s.text[s.at] == ']' {
			return elements
		}
		elements = append(elements, s.value())
		if s.space(); s.text[s.at] == ',' {
			s.at++
		}
	}
}

// syntaxError says what encoding/json has against a line.
func syntaxError(l lines.Line) error {
	var into any
	err := json.Unmarshal(l.Bytes, &into)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return l.Errorf("no JSON object: column %d: %v", syntax.Offset, syntax)
	}
	return l.Errorf("no JSON object: %v", err)
}

// scanner walks over valid JSON.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) space() {
	for {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// value moves over a value and gives its bytes.
func (s *scanner) value() []byte {
	from := s.at
	for depth := 0; ; {
		switch s.text[s.at] {
		case '"':
			s.skipText()
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		default:
			s.at++
		}
		if depth == 0 && s.ended(from) {
			return s.text[from:s.at]
		}
	}
}

// ended reports whether a value outside of all brackets ends here: a text or
// brackets at once, a number or a word before what cannot be part of one.
func (s *scanner) ended(from int) bool {
	switch s.text[from] {
	case '"', '{', '[':
		return true
	}
	switch s.text[s.at] {
	case ',', '}', ']', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

func (s *scanner) skipText() {
	for s.at++; s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at++
}

// unquote gives the text of a JSON string.
func unquote(raw []byte) string {
	plain := raw[1 : len(raw)-1]
	for _, c := range plain {
		if c == '\\' {
			var s string
			_ = json.Unmarshal(raw, &s) // the syntax is checked
			return s
		}
	}
	return string(plain)
}

// decode gives a value of JSON; numbers are int64 or, with a fraction, an exponent
// or too many digits, json.Number.
func decode(raw []byte) any {
	switch raw[0] {
	case '"':
		return unquote(raw)
	case '[', '{':
		var v any
		_ = json.Unmarshal(raw, &v) // the syntax is checked
		return v
	case 't', 'f':
		return raw[0] == 't'
	case 'n':
		return nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n
	}
	return json.Number(raw)
}
