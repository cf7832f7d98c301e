package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// maxHeader is the largest header in bytes, as in the reference implementation.
const maxHeader = 100_000_000

// entry is one tensor of the header; Offsets count from the end of the header.
type entry struct {
	DType   DType     `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

// header is a checked header: every entry lies inside the data.
type header struct {
	entries  map[string]entry
	metadata map[string]string
	data     int // where the data begin in the file
}

// parse reads and checks the header of a whole file.
func parse(path string, file []byte) (header, error) {
	if len(file) < 8 {
		return header{}, damaged(path, "%d bytes are too few for a safetensors header", len(file))
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader || n > uint64(len(file)-8) {
		return header{}, damaged(path, "header of %d bytes in a file of %d: truncated, or not safetensors", n, len(file))
	}
	h := header{entries: map[string]entry{}, data: 8 + int(n)}
	if err := h.decode(file[8:h.data]); err != nil {
		return header{}, damaged(path, "header: %v", err)
	}
	return h, h.check(path, uint64(len(file)-h.data))
}

func damaged(path, format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s: %s", path, fmt.Sprintf(format, args...))
}

// decode walks the JSON object key by key, because a map would hide a repeated key.
func (h *header) decode(text []byte) error {
	if len(text) == 0 || text[0] != '{' {
		return errors.New("does not begin with '{'")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		if err := h.decodeEntry(d); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return unexpectedEnd(err)
	}
	if rest := bytes.TrimRight(text[d.InputOffset():], " "); len(rest) > 0 {
		return fmt.Errorf("%d bytes after the closing brace", len(rest))
	}
	return nil
}

func (h *header) decodeEntry(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return unexpectedEnd(err)
	}
	name, _ := token.(string)
	if name == "__metadata__" {
		if h.metadata != nil {
			return errors.New("__metadata__ stands twice")
		}
		h.metadata = map[string]string{}
		return wrap(name, d.Decode(&h.metadata))
	}
	if _, twice := h.entries[name]; twice {
		return fmt.Errorf("tensor %q stands twice", name)
	}
	var raw struct {
		DType   *DType   `json:"dtype"`
		Shape   []uint64 `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	if err := d.Decode(&raw); err != nil {
		return wrap(name, err)
	}
	if raw.DType == nil || raw.Shape == nil || len(raw.Offsets) != 2 {
		return fmt.Errorf("tensor %q: want dtype, shape and two data_offsets", name)
	}
	shape, err := dimensions(raw.Shape)
	h.entries[name] = entry{DType: *raw.DType, Shape: shape, Offsets: [2]uint64(raw.Offsets)}
	return wrap(name, err)
}

func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q: %w", name, unexpectedEnd(err))
}

func dimensions(shape []uint64) ([]int, error) {
	dims := make([]int, len(shape))
	for i, d := range shape {
		if d > math.MaxInt64 {
			return nil, fmt.Errorf("dimension %d is too large", d)
		}
		dims[i] = int(d)
	}
	return dims, nil
}

// check holds every tensor against its type, its shape and its neighbours: the
// format wants the data covered from end to end, without holes or overlaps.
func (h *header) check(path string, size uint64) error {
	var at uint64
	for _, name := range h.byOffset() {
		e := h.entries[name]
		if e.DType.Size() == 0 {
			return contract.Errorf(contract.ErrUnsupported, "%s: tensor %q has dtype %q; known are %v", path, name, e.DType, DTypes())
		}
		begin, end := e.Offsets[0], e.Offsets[1]
		if begin != at || end < begin || end > size {
			return damaged(path, "tensor %q lies at bytes %d to %d of %d, expected to begin at %d: hole, overlap or truncation",
				name, begin, end, size, at)
		}
		if want, ok := byteCount(e.Shape, e.DType); !ok || want != end-begin {
			return damaged(path, "tensor %q of dtype %s and shape %v does not fit its %d bytes", name, e.DType, e.Shape, end-begin)
		}
		at = end
	}
	if at != size {
		return damaged(path, "%d bytes of data belong to no tensor", size-at)
	}
	return nil
}

// byOffset lists the names as their data lie, empty tensors first where several begin together.
func (h *header) byOffset() []string {
	return slices.SortedFunc(maps.Keys(h.entries), func(a, b string) int {
		x, y := h.entries[a].Offsets, h.entries[b].Offsets
		return slices.Compare(x[:], y[:])
	})
}

// byteCount is the size of a tensor; ok is false when it overflows.
func byteCount(shape []int, d DType) (n uint64, ok bool) {
	n = uint64(d.Size())
	for _, dim := range shape {
		if dim < 0 || (dim > 0 && n > math.MaxInt64/uint64(dim)) {
			return 0, false
		}
		n *= uint64(dim)
	}
	return n, true
}
