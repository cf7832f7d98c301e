// Package npy reads NumPy arrays and SciPy's compressed sparse rows from .npz
// files. It takes numbers and texts only, never pickled objects.
package npy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// maxElements bounds the elements of one array.
const maxElements = 1 << 31

// Array is one array; exactly one of Ints, Floats and Text is set.
type Array struct {
	Shape  []int
	DType  string    // NumPy's descr, such as "<i4"
	Ints   []int64   // i1..i8, u1..u4, b1; one-dimensional or in C order
	Floats []float64 // f4, f8
	Text   string    // a single S or U element, without padding
}

// Read reads one .npy array, which must fill r.
func Read(r io.Reader) (*Array, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	if h.fortran && len(h.shape) > 1 {
		return nil, fmt.Errorf("the array is in Fortran order, expected C order")
	}
	size, err := itemSize(h.descr)
	if err != nil {
		return nil, err
	}
	want := int64(h.count()) * int64(size)
	data, err := io.ReadAll(io.LimitReader(r, want+1)) // grows with what is really there
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != want {
		return nil, fmt.Errorf("%d elements of %s need %d bytes, the array has %s", h.count(), h.descr, want, has(len(data), want))
	}
	a := &Array{Shape: h.shape, DType: h.descr}
	return a, a.decode(data, size)
}

func has(n int, want int64) string {
	if int64(n) > want {
		return "more"
	}
	return fmt.Sprintf("%d: it is truncated", n)
}

// itemSize is the number of bytes of an element.
func itemSize(descr string) (int, error) {
	sizes := map[string]int{
		"|b1": 1, "|i1": 1, "|u1": 1, "<i2": 2, "<u2": 2, "<i4": 4, "<u4": 4, "<i8": 8, "<f4": 4, "<f8": 8,
	}
	if n, ok := sizes[descr]; ok {
		return n, nil
	}
	var n int
	if _, err := fmt.Sscanf(descr, "|S%d", &n); err == nil && n > 0 && n < 1<<10 {
		return n, nil
	}
	if _, err := fmt.Sscanf(descr, "<U%d", &n); err == nil && n > 0 && n < 1<<10 {
		return 4 * n, nil
	}
	return 0, fmt.Errorf("dtype %q, expected little-endian integers, floats of 4 or 8 bytes, or text", descr)
}

func (a *Array) decode(data []byte, size int) error {
	switch a.DType[1] {
	case 'f':
		a.Floats = decodeAll(data, size, float)
	case 'S', 'U':
		if len(data) != size {
			return fmt.Errorf("an array of %d texts, expected a single one", len(data)/size)
		}
		return a.decodeText(data)
	default:
		signed := a.DType[1] == 'i'
		a.Ints = decodeAll(data, size, func(b []byte) int64 { return integer(b, signed) })
	}
	return nil
}

func decodeAll[T any](data []byte, size int, one func([]byte) T) []T {
	out := make([]T, 0, len(data)/size)
	for ; len(data) > 0; data = data[size:] {
		out = append(out, one(data[:size]))
	}
	return out
}

func float(b []byte) float64 {
	if len(b) == 4 {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b))
}

func integer(b []byte, signed bool) int64 {
	var wide [8]byte
	copy(wide[:], b)
	n := int64(binary.LittleEndian.Uint64(wide[:]))
	if shift := 64 - 8*len(b); signed {
		return n << shift >> shift
	}
	return n
}

// decodeText reads zero-padded bytes (S) or code points (U).
func (a *Array) decodeText(data []byte) error {
	if a.DType[1] == 'S' {
		a.Text = string(bytes.TrimRight(data, "\x00"))
	} else {
		var b strings.Builder
		for ; len(data) > 0; data = data[4:] {
			b.WriteRune(rune(binary.LittleEndian.Uint32(data)))
		}
		a.Text = strings.TrimRight(b.String(), "\x00")
	}
	if !utf8.ValidString(a.Text) {
		return fmt.Errorf("the text %q is not UTF-8", a.Text)
	}
	return nil
}
