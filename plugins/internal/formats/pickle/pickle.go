// Package pickle reads Python pickles and executes nothing of Python. Read
// knows the opcodes that build None, booleans, numbers, texts, bytes, lists,
// tuples and dictionaries (protocols 2 to 5, as in Python's pickletools), and
// NumPy's numbers, texts and arrays of them, which become plain values and lists
// as item() and tolist() make them. Every other class, function and opcode is
// refused by its name: none is looked up, none is called. ReadObjects has classes
// and calls for which the caller stands in.
package pickle

import (
	"io"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// List is a Python list, Tuple a Python tuple. Elements are nil, bool, int64,
// float64, string, []byte, *List, Tuple or *Dict. A list may contain itself, so
// walk it to a fixed depth only.
type List struct{ Items []any }

// Tuple is a Python tuple.
type Tuple []any

// Dict is a Python dictionary with its keys in the order of the file; a
// repeated key keeps its first place and its last value.
type Dict struct {
	Keys   []any
	Values []any
	place  map[any]int
}

// Get finds the value of a text key.
func (d *Dict) Get(key string) (any, bool) {
	i, ok := d.place[key]
	if !ok {
		return nil, false
	}
	return d.Values[i], true
}

// NewDict is an empty dictionary.
func NewDict() *Dict { return &Dict{place: map[any]int{}} }

// Set puts a value under a key, which must be nil, a bool, a number or a text:
// false for any other.
func (d *Dict) Set(key, value any) bool {
	switch key.(type) {
	case nil, bool, int64, float64, string:
	default:
		return false // not comparable, or not worth it
	}
	if i, ok := d.place[key]; ok {
		d.Values[i] = value
		return true
	}
	d.place[key] = len(d.Keys)
	d.Keys, d.Values = append(d.Keys, key), append(d.Values, value)
	return true
}

// ReadFile reads the pickle in a file. ErrNotFound, or ErrBadData with the file
// and the offset in bytes.
func ReadFile(path string) (any, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, f.Explain(contract.Errorf(contract.ErrBadData, "%s: %v", path, err))
	}
	value, err := Read(data)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
	}
	return value, nil
}

// Read reads one pickle, which must fill data. Memory is at most a small
// multiple of len(data).
func Read(data []byte) (any, error) {
	m := newMachine(data)
	m.stand(newNumPy(len(data)))
	value, err := m.run()
	if err == nil && m.at != len(data) {
		return nil, m.errorf("%d bytes follow the end", len(data)-m.at)
	}
	return value, err
}

func newMachine(data []byte) *machine {
	return &machine{opcodes: opcodes(), data: data, memo: map[uint64]any{}}
}
