package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

	"cllm4rec/core/contract"
)

// fields reads the keys of one JSON object by name and type. It keeps the first
// error, so that a caller asks for everything and looks once.
type fields struct {
	path   string
	values map[string]json.RawMessage
	err    error
}

func readFields(path string) (*fields, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such file; expected a Hugging Face model folder", path)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%v", err)
	}
	f := &fields{path: path}
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

func (f *fields) fail(sentinel error, key, format string, args ...any) {
	if f.err == nil {
		f.err = contract.Errorf(sentinel, "%s: %s: %s", f.path, key, fmt.Sprintf(format, args...))
	}
}

// get decodes key into out; ok is false when the key is absent or null.
func (f *fields) get(key string, out any, want string) (ok bool) {
	raw, ok := f.values[key]
	if !ok || string(raw) == "null" {
		return false
	}
	if json.Unmarshal(raw, out) != nil {
		f.fail(contract.ErrBadData, key, "is %s, expected %s", abbreviate(raw), want)
	}
	return true
}

func abbreviate(raw []byte) string {
	if len(raw) > 40 {
		raw = append(slices.Clone(raw[:37]), "..."...)
	}
	return string(raw)
}

// positive is a needed integer of at least 1.
func (f *fields) positive(key string) int {
	var n int
	if !f.get(key, &n, "a whole number") {
		f.fail(contract.ErrBadData, key, "missing%s", f.nearest(key))
	} else if n < 1 || n > math.MaxInt32 {
		f.fail(contract.ErrBadData, key, "is %d, expected a number from 1 to %d", n, math.MaxInt32)
	}
	return n
}

func (f *fields) nearest(key string) string {
	for _, other := range slices.Sorted(maps.Keys(f.values)) {
		if levenshtein.ComputeDistance(key, other) <= 2 {
			return fmt.Sprintf(" (there is %q)", other)
		}
	}
	return ""
}

func (f *fields) boolean(key string, standard bool) bool {
	value := standard
	f.get(key, &value, "true or false")
	return value
}

func (f *fields) text(key, standard string) string {
	value := standard
	f.get(key, &value, "a text")
	return value
}

// number is an optional number in [low, high).
func (f *fields) number(key string, standard, low, high float64) float64 {
	value := standard
	f.get(key, &value, "a number")
	if !(value >= low && value < high) {
		f.fail(contract.ErrBadData, key, "is %v, expected a number in [%v, %v)", value, low, high)
	}
	return value
}

func oneOf[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
