package safetensors

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"github.com/google/renameio/v2"

	"cllm4rec/core/contract"
)

// Tensor is one tensor to write: row-major, little-endian Bytes.
type Tensor struct {
	Name  string
	DType DType
	Shape []int
	Bytes []byte
}

// Float32Tensor makes an F32 tensor from values.
func Float32Tensor(name string, shape []int, values []float32) Tensor {
	data := make([]byte, 0, 4*len(values))
	for _, x := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
	}
	return Tensor{Name: name, DType: F32, Shape: shape, Bytes: data}
}

// Int64Tensor makes an I64 tensor from values.
func Int64Tensor(name string, shape []int, values []int64) Tensor {
	data := make([]byte, 0, 8*len(values))
	for _, x := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(x))
	}
	return Tensor{Name: name, DType: I64, Shape: shape, Bytes: data}
}

// Write replaces path atomically: after an error, a full disk or a crash the
// old file, if any, is still whole. The same tensors and metadata give the same
// bytes in whatever order they come (widest type first, then by name, as the
// reference implementation does). metadata may be nil.
func Write(path string, tensors []Tensor, metadata map[string]string) error {
	head, ordered, err := layout(tensors, metadata)
	if err != nil {
		return contract.Errorf(contract.ErrInvalid, "%s: %v", path, err)
	}
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer func() { _ = file.Cleanup() }()
	if err := emit(file, head, ordered); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

func emit(w io.Writer, head []byte, tensors []Tensor) error {
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.Write(head); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := out.Write(t.Bytes); err != nil {
			return err
		}
	}
	return out.Flush()
}

// layout checks the tensors, puts them in order and makes the header with its length.
func layout(tensors []Tensor, metadata map[string]string) ([]byte, []Tensor, error) {
	ordered := slices.SortedFunc(slices.Values(tensors), func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.DType.rank(), b.DType.rank()), cmp.Compare(a.Name, b.Name))
	})
	var text bytes.Buffer
	text.Write([]byte("01234567{")) // room for the length
	if len(metadata) > 0 {
		text.WriteString(`"__metadata__":`)
		text.Write(encode(metadata))
	}
	if err := describe(&text, ordered); err != nil {
		return nil, nil, err
	}
	text.WriteByte('}')
	for text.Len()%8 != 0 {
		text.WriteByte(' ')
	}
	head := text.Bytes()
	binary.LittleEndian.PutUint64(head, uint64(len(head)-8))
	return head, ordered, nil
}

func describe(text *bytes.Buffer, ordered []Tensor) error {
	var at uint64
	seen := map[string]bool{"__metadata__": true}
	for _, t := range ordered {
		size, ok := byteCount(t.Shape, t.DType)
		if !ok || size != uint64(len(t.Bytes)) || t.DType.Size() == 0 {
			return fmt.Errorf("tensor %q: dtype %q and shape %v do not fit %d bytes", t.Name, t.DType, t.Shape, len(t.Bytes))
		}
		if seen[t.Name] || !utf8.ValidString(t.Name) {
			return fmt.Errorf("tensor name %q is taken, reserved or not UTF-8", t.Name)
		}
		seen[t.Name] = true
		if text.Len() > 9 {
			text.WriteByte(',')
		}
		text.Write(encode(t.Name))
		text.WriteByte(':')
		text.Write(encode(entry{DType: t.DType, Shape: append([]int{}, t.Shape...), Offsets: [2]uint64{at, at + uint64(len(t.Bytes))}}))
		at += uint64(len(t.Bytes))
	}
	return nil
}

// encode is JSON without HTML escapes; what it is given here always encodes.
func encode(value any) []byte {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	_ = e.Encode(value)
	return bytes.TrimRight(text.Bytes(), "\n")
}
