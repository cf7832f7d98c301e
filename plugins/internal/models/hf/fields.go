package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// Fields reads the keys of one JSON object, such as config.json, by name and
// type. It keeps the first error, so that a caller asks for everything and looks
// once, at Err.
type Fields struct {
	path   string
	values map[string]json.RawMessage
	err    error
}

// NewFields reads keys that came from elsewhere than a JSON file; path is for
// messages.
func NewFields(path string, values map[string]json.RawMessage) *Fields {
	return &Fields{path: path, values: values}
}

// ReadFields reads a JSON file. ErrNotFound, ErrBadData with the line.
func ReadFields(path string) (*Fields, error) {
	text, err := regular.ReadText(path)
	if errors.Is(err, contract.ErrNotFound) {
		return nil, contract.Errorf(contract.ErrNotFound, "%v; expected a Hugging Face model folder", err)
	}
	if err != nil {
		return nil, err
	}
	f := &Fields{path: path}
	if err := json.Unmarshal(text, &f.values); err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s%s: %v", path, lineOf(text, err), err)
	}
	if f.values == nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: expected a JSON object", path)
	}
	return f, nil
}

// lineOf is ":12" where the decoder says at which byte it stopped, else "".
func lineOf(text []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return ""
	}
	return ":" + strconv.Itoa(1+bytes.Count(text[:min(int(syntax.Offset), len(text))], []byte("\n")))
}

// Path is the file, for messages.
func (f *Fields) Path() string { return f.path }

// Err is the first error.
func (f *Fields) Err() error { return f.err }

// Has reports whether a key is there and not null.
func (f *Fields) Has(key string) bool {
	raw, ok := f.values[key]
	return ok && string(raw) != "null"
}

// Fail notes what is wrong with a key.
func (f *Fields) Fail(sentinel error, key, format string, args ...any) {
	if f.err == nil {
		f.err = contract.Errorf(sentinel, "%s: %s: %s", f.path, key, fmt.Sprintf(format, args...))
	}
}

// get decodes key into out; ok is false when the key is absent or null.
func (f *Fields) get(key string, out any, want string) (ok bool) {
	raw := f.values[key]
	if !f.Has(key) {
		return false
	}
	if json.Unmarshal(raw, out) != nil {
		f.Fail(contract.ErrBadData, key, "is %s, expected %s", abbreviate(raw), want)
	}
	return true
}

func abbreviate(raw []byte) string {
	if len(raw) > 40 {
		raw = append(slices.Clone(raw[:37]), "..."...)
	}
	return string(raw)
}

// Positive is a needed integer of at least 1.
func (f *Fields) Positive(key string) int {
	var n int
	if !f.get(key, &n, "a whole number") {
		f.Fail(contract.ErrBadData, key, "missing%s", f.nearest(key))
	} else if n < 1 || n > math.MaxInt32 {
		f.Fail(contract.ErrBadData, key, "is %d, expected a number from 1 to %d", n, math.MaxInt32)
	}
	return n
}

// PositiveOr is an optional integer of at least 1.
func (f *Fields) PositiveOr(key string, standard int) int {
	if !f.Has(key) {
		return standard
	}
	return f.Positive(key)
}

// Count is an optional integer of at least 0.
func (f *Fields) Count(key string, standard int) int {
	n := standard
	f.get(key, &n, "a whole number")
	if n < 0 || n > math.MaxInt32 {
		f.Fail(contract.ErrBadData, key, "is %d, expected a number from 0 to %d", n, math.MaxInt32)
	}
	return n
}

// Object is an optional object under a key, nil when it is absent. Its errors
// become those of f when f.Join is called with it.
func (f *Fields) Object(key string) *Fields {
	var values map[string]json.RawMessage
	if !f.get(key, &values, "an object") || f.err != nil {
		return nil
	}
	return &Fields{path: f.path + ": " + key, values: values}
}

// Join takes over the error of an Object.
func (f *Fields) Join(of *Fields) {
	if f.err == nil && of != nil {
		f.err = of.err
	}
}

// Only refuses (ErrUnsupported) any value of a boolean but the one that can be followed.
func (f *Fields) Only(key string, value bool) {
	if f.Boolean(key, value) != value {
		f.Fail(contract.ErrUnsupported, key, "is %v; only %v can be followed", !value, value)
	}
}

// OneOf is an optional text with few choices; an unknown one is ErrUnsupported
// and names them all.
func OneOf[V any](f *Fields, key, standard string, choices map[string]V) V {
	name := f.Text(key, standard)
	value, known := choices[name]
	if !known {
		f.Fail(contract.ErrUnsupported, key, "is %q; known are %s", name, strings.Join(slices.Sorted(maps.Keys(choices)), ", "))
	}
	return value
}

// Kind checks model_type: it must be one of those that a backbone reads.
func (f *Fields) Kind(backbone string, kinds ...string) string {
	kind := f.Text("model_type", "")
	if !slices.Contains(kinds, kind) {
		hint := "; use the backbone plugin made for " + kind
		if kind == "" {
			hint = "; the key is missing"
		}
		f.Fail(contract.ErrUnsupported, "model_type", "is %q, but the backbone %s reads %s%s", kind, backbone, strings.Join(kinds, ", "), hint)
	}
	return kind
}

func (f *Fields) nearest(key string) string {
	for _, other := range slices.Sorted(maps.Keys(f.values)) {
		if levenshtein.ComputeDistance(key, other) <= 2 {
			return fmt.Sprintf(" (there is %q)", other)
		}
	}
	return ""
}

// Boolean is an optional true or false.
func (f *Fields) Boolean(key string, standard bool) bool {
	value := standard
	f.get(key, &value, "true or false")
	return value
}

// Text is an optional text.
func (f *Fields) Text(key, standard string) string {
	value := standard
	f.get(key, &value, "a text")
	return value
}

// Number is an optional number in [low, high).
func (f *Fields) Number(key string, standard, low, high float64) float64 {
	value := standard
	f.get(key, &value, "a number")
	if !(value >= low && value < high) {
		f.Fail(contract.ErrBadData, key, "is %v, expected a number in [%v, %v)", value, low, high)
	}
	return value
}
