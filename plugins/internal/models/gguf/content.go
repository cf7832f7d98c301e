package gguf

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"
)

// Limits of the specification and of ggml.
const (
	defaultAlignment = 32
	maxKey           = 1<<16 - 1
	maxName          = 64
	maxDimensions    = 4
)

// content is a file as it is written: metadata and tensors by their own names.
type content struct {
	metadata map[string]value
	tensors  map[string]tensor
}

// tensor is one tensor; Shape is row-major, the reverse of the file's order.
type tensor struct {
	format format
	shape  []int
	offset uint64 // from the beginning of the data
	raw    []byte
}

// parse reads and checks a whole file: every tensor lies in the file, and they
// cover the data from end to end but for the padding.
func parse(data []byte) (content, error) {
	c := content{metadata: map[string]value{}, tensors: map[string]tensor{}}
	r := &reader{data: data}
	tensors, keys, err := preamble(r)
	if err != nil {
		return c, err
	}
	for i := uint64(0); i < keys && r.err == nil; i++ {
		c.readKey(r)
	}
	for i := uint64(0); i < tensors && r.err == nil; i++ {
		c.readTensor(r)
	}
	if r.err != nil {
		return c, r.err
	}
	return c, c.place(r)
}

// preamble reads magic, version and the two counts.
func preamble(r *reader) (tensors, keys uint64, err error) {
	if magic := r.take(4); r.err == nil && string(magic) != "GGUF" {
		return 0, 0, damaged("begins with %q, expected \"GGUF\"", magic)
	}
	version := r.uint32()
	if r.err == nil && version != 2 && version != 3 {
		if swapped := version>>24 | version<<24; swapped == 2 || swapped == 3 {
			return 0, 0, unsupported("a big-endian GGUF file; only little-endian is read")
		}
		return 0, 0, unsupported("version %d of GGUF, expected 2 or 3", version)
	}
	tensors, keys = r.uint64(), r.uint64()
	return tensors, keys, r.err
}

func (c *content) readKey(r *reader) {
	key := r.text(maxKey, "a key")
	v := r.value(0)
	if _, twice := c.metadata[key]; twice {
		r.fail(damaged("metadata %q stands twice", key))
	}
	if r.err != nil {
		r.err = wrap(fmt.Sprintf("metadata %.80q", key), r.err)
		return
	}
	c.metadata[key] = v
}

func (c *content) readTensor(r *reader) {
	name := r.text(maxName, "a tensor's name")
	n := r.uint32()
	if n < 1 || n > maxDimensions {
		r.fail(damaged("%d dimensions, expected 1 to %d", n, maxDimensions))
	}
	t := tensor{shape: make([]int, min(n, maxDimensions))}
	for i := range t.shape {
		d := r.uint64()
		if d < 1 || d > math.MaxInt32 {
			r.fail(damaged("a dimension of %d", d))
		}
		t.shape[len(t.shape)-1-i] = int(d)
	}
	code := r.uint32()
	t.offset = r.uint64()
	if _, twice := c.tensors[name]; twice || !utf8.ValidString(name) {
		r.fail(damaged("the name stands twice or is not UTF-8"))
	}
	var err error
	if t.format, err = formatOf(code); err != nil {
		r.fail(err)
	}
	if r.err != nil {
		r.err = wrap(fmt.Sprintf("tensor %q", name), r.err)
		return
	}
	c.tensors[name] = t
}

// alignment is the multiple at which tensors begin.
func (c *content) alignment() (uint64, error) {
	v, ok := c.metadata["general.alignment"]
	if !ok {
		return defaultAlignment, nil
	}
	n, ok := v.integer()
	if !ok || v.kind != kindU32 || n < 1 || n&(n-1) != 0 {
		return 0, damaged("general.alignment is not a power of two of type UINT32")
	}
	return uint64(n), nil
}

// place gives every tensor its bytes.
func (c *content) place(r *reader) error {
	align, err := c.alignment()
	if err != nil || len(c.tensors) == 0 {
		return err
	}
	if err := r.pad(align); err != nil {
		return err
	}
	rest := &reader{data: r.data[r.at:]}
	for _, name := range c.byOffset() {
		if err := c.placeOne(rest, name, align); err != nil {
			return wrap(fmt.Sprintf("tensor %q", name), err)
		}
	}
	if rest.at != len(rest.data) {
		return damaged("%d bytes of data belong to no tensor", len(rest.data)-rest.at)
	}
	return nil
}

func (c *content) byOffset() []string {
	names := make([]string, 0, len(c.tensors))
	for name := range c.tensors {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.tensors[a].offset, c.tensors[b].offset), cmp.Compare(a, b))
	})
	return names
}

func (c *content) placeOne(r *reader, name string, align uint64) error {
	t := c.tensors[name]
	if t.offset != uint64(r.at) {
		return damaged("begins at byte %d of the data, expected %d: hole or overlap", t.offset, r.at)
	}
	size, err := t.size()
	if err != nil {
		return err
	}
	t.raw = r.take(size)
	c.tensors[name] = t
	if r.err != nil || r.at == len(r.data) { // the last tensor may lack its padding
		return r.err
	}
	return r.pad(align)
}

// size is the number of bytes of a tensor.
func (t tensor) size() (uint64, error) {
	row := t.shape[len(t.shape)-1]
	if row%t.format.block != 0 {
		return 0, damaged("rows of %d elements are no whole blocks of %s (%d)", row, t.format.name, t.format.block)
	}
	size := uint64(row / t.format.block * t.format.bytes)
	for _, d := range t.shape[:len(t.shape)-1] {
		if size > math.MaxInt64/uint64(d) {
			return 0, damaged("shape %v is too large", t.shape)
		}
		size *= uint64(d)
	}
	return size, nil
}

// pad skips to the next multiple, over zeros.
func (r *reader) pad(align uint64) error {
	skipped := r.take((align - uint64(r.at)%align) % align)
	if r.err == nil && len(bytes.Trim(skipped, "\x00")) > 0 {
		r.fail(damaged("byte %d: the padding is not zero", r.at))
	}
	return r.err
}

// littleUint16 reads a number at an offset.
func littleUint16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
