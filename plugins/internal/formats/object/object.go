// Package object reads lines that hold one object each, as JSON or as a Python
// dictionary, and gives their fields by exact name. encoding/json fills a
// struct's field asin from a key ASIN too, so nothing is decoded into structs.
package object

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/pyliteral"
)

// Object is the object of one line. Its methods give errors that name the line
// and the field; a field that is missing, null or None is absent.
type Object struct {
	line   lines.Line
	within string // of an object inside another: where, such as "items[3]."
	json   []field
	python map[string]any // nil for JSON
}

// Parse reads the object of a line, which must be UTF-8. A dictionary whose first
// key stands in single quotes is Python's, anything else JSON.
func Parse(l lines.Line) (*Object, error) {
	if !utf8.Valid(l.Bytes) {
		return nil, l.Errorf("the line is not UTF-8")
	}
	o := &Object{line: l}
	if isPython(l.Bytes) {
		return o, o.parsePython()
	}
	fields, err := scan(l)
	o.json = fields
	return o, err
}

// isPython reports whether a line is a dictionary whose first key stands in
// single quotes.
func isPython(line []byte) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(string(line[:min(len(line), 16)]), "{"), " ")
	return strings.HasPrefix(rest, "'") || strings.HasPrefix(rest, "u'")
}

func (o *Object) parsePython() error {
	value, err := pyliteral.Parse(string(o.line.Bytes))
	if err != nil {
		return o.line.Errorf("no Python dictionary: %v", err)
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return o.line.Errorf("no Python dictionary")
	}
	o.python = fields
	return nil
}

// Errorf makes an error that begins with the line's place.
func (o *Object) Errorf(format string, args ...any) error { return o.line.Errorf(format, args...) }

// Names gives the names of the fields in no order.
func (o *Object) Names() iter.Seq[string] {
	if o.python != nil {
		return maps.Keys(o.python)
	}
	return func(yield func(string) bool) {
		for _, f := range o.json {
			if !yield(f.name) {
				return
			}
		}
	}
}

// Keys lists the names of the fields in the order of their bytes.
func (o *Object) Keys() []string {
	return slices.Sorted(o.Names())
}

// Text is a text; "" when it is absent.
func (o *Object) Text(key string) (string, error) {
	switch v := o.value(key).(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	default:
		return "", o.wrong(key, v, "a text")
	}
}

// ID is a text, or a whole number in decimal; "" when it is absent.
func (o *Object) ID(key string) (string, error) {
	switch v := o.value(key).(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	default:
		return "", o.wrong(key, v, "an id: a text or a whole number")
	}
}

// Texts is a list of texts, or a text as a list of one; none when it is absent.
func (o *Object) Texts(key string) ([]string, error) {
	v := o.value(key)
	if s, ok := v.(string); ok {
		return []string{s}, nil
	}
	list, ok := texts(v)
	if !ok {
		return nil, o.wrong(key, v, "a text or a list of nothing but texts")
	}
	return list, nil
}

// Paths is a list of lists of texts; none when it is absent.
func (o *Object) Paths(key string) (out [][]string, err error) {
	v := o.value(key)
	list, ok := v.([]any)
	if !ok && v != nil {
		return nil, o.wrong(key, v, "a list of lists of texts")
	}
	for _, e := range list {
		path, ok := texts(e)
		if !ok || e == nil {
			return nil, o.line.Errorf("the field %s%s is not a list of lists of texts", o.within, key)
		}
		out = append(out, path)
	}
	return out, nil
}

// Number is a number of 32 bits; nil when it is absent.
func (o *Object) Number(key string) (*float32, error) {
	v := o.value(key)
	f, ok := number(v)
	narrow := float32(f)
	switch {
	case v == nil:
		return nil, nil
	case !ok || math.IsInf(float64(narrow), 0):
		return nil, o.wrong(key, v, "a number of 32 bits")
	}
	return &narrow, nil
}

// Float is a number of 64 bits; nil when it is absent.
func (o *Object) Float(key string) (*float64, error) {
	v := o.value(key)
	f, ok := number(v)
	switch {
	case v == nil:
		return nil, nil
	case !ok || math.IsInf(f, 0):
		return nil, o.wrong(key, v, "a number")
	}
	return &f, nil
}

// number is a value as a number; one that is too large is infinite.
func number(v any) (f float64, ok bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case json.Number:
		f, _ = n.Float64() // the syntax is checked
		return f, true
	}
	return 0, false
}

// Bool is true or false; nil when it is absent.
func (o *Object) Bool(key string) (*bool, error) {
	switch v := o.value(key).(type) {
	case nil:
		return nil, nil
	case bool:
		return &v, nil
	default:
		return nil, o.wrong(key, v, "true or false")
	}
}

// Whole is a whole number; nil when it is absent.
func (o *Object) Whole(key string) (*int64, error) {
	v := o.value(key)
	switch n := v.(type) {
	case nil:
		return nil, nil
	case int64:
		return &n, nil
	}
	return nil, o.wrong(key, v, "a whole number of 64 bits")
}

// Value is whatever a field holds: nil where it is absent, bool, string, int64,
// float64, json.Number, []any or map[string]any.
func (o *Object) Value(key string) any { return o.value(key) }

// value is nil, bool, string, a number (see decode), []any or a map.
func (o *Object) value(key string) any {
	if o.python != nil {
		return o.python[key]
	}
	for _, f := range o.json {
		if f.name == key {
			return decode(f.raw)
		}
	}
	return nil
}

func texts(v any) (out []string, ok bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, v == nil
	}
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func (o *Object) wrong(key string, v any, expected string) error {
	return o.line.Errorf("the field %s%s is %s, expected %s", o.within, key, kind(v), expected)
}

func kind(v any) string {
	switch n := v.(type) {
	case nil:
		return "nothing"
	case bool:
		return fmt.Sprint(n)
	case string:
		return "a text"
	case []any:
		return "a list"
	case int64, float64, json.Number:
		return fmt.Sprint("the number ", n)
	default:
		return "an object"
	}
}
