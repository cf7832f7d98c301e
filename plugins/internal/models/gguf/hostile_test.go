package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

var fixtures = []string{"types.gguf", "small.gguf", "llama.gguf", "linear.gguf", "qwen2.gguf"}

// geometry is what a caller checks against the configuration: names, types, shapes.
func geometry(m model) string {
	var lines []string
	for name, t := range m.tensors {
		lines = append(lines, fmt.Sprint(name, t.format.dtype, t.shape))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func equal(a, b model) bool {
	for name, t := range a.tensors {
		if !bytes.Equal(t.bytes(), b.tensors[name].bytes()) {
			return false
		}
	}
	return true
}

// head is the number of bytes before the data.
func head(t *testing.T, data []byte) int {
	t.Helper()
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.tensors {
		if x.offset == 0 {
			return bytes.Index(data, x.raw)
		}
	}
	t.Fatal("no tensor at 0")
	return 0
}

// masks are the flips of a byte: every bit and all of them in one file, two of these in the others.
func masks(name string, i int) []byte {
	if name == "llama.gguf" {
		return []byte{0xff, 1, 2, 4, 8, 16, 32, 64, 128}
	}
	return []byte{0xff, 1 << (i % 8)}
}

func TestEveryFlippedByteOfTheHeadIsAnErrorOrNoticed(t *testing.T) {
	for _, name := range fixtures {
		file := bytesOf(t, name)
		want, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		damaged := slices.Clone(file)
		for i := range head(t, file) {
			for _, mask := range masks(name, i) {
				damaged[i] = file[i] ^ mask
				got, err := read(damaged)
				if err == nil && geometry(got) == geometry(want) && !equal(want, got) {
					t.Errorf("%s: byte %d ^ %#02x: other weights under the same names", name, i, mask)
				}
				if err == nil {
					_, _ = got.config()
					_, _ = got.tokenizer()
				}
			}
			damaged[i] = file[i]
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	for _, name := range fixtures {
		file := bytesOf(t, name)
		want, err := read(file)
		if err != nil {
			t.Fatal(err)
		}
		for n := range file {
			// Without the padding after the last tensor a file is whole.
			if got, err := read(file[:n]); err == nil && !(equal(want, got) && len(bytes.Trim(file[n:], "\x00")) == 0) {
				t.Errorf("%s: no error with %d of %d bytes", name, n, len(file))
			}
		}
		if _, err := read(append(slices.Clone(file), 0)); err == nil {
			t.Errorf("%s: a byte more is not noticed", name)
		}
	}
}

// writer makes small files.
type writer struct{ bytes.Buffer }

func (w *writer) put(values ...any) *writer {
	for _, v := range values {
		if s, ok := v.(string); ok {
			w.put(uint64(len(s)))
			w.WriteString(s)
			continue
		}
		_ = binary.Write(w, binary.LittleEndian, v) // a buffer takes all
	}
	return w
}

// data adds the padding and so many zeros.
func (w *writer) data(n int) *writer {
	return w.put(make([]byte, (32-w.Len()%32)%32+n))
}

func start(tensors, keys uint64) *writer {
	w := &writer{}
	w.WriteString("GGUF")
	return w.put(uint32(3), tensors, keys)
}

func TestDamageIsNamed(t *testing.T) {
	arch := func(w *writer) *writer {
		return w.put("general.architecture", uint32(8), "llama", "llama.attention.head_count", uint32(4), uint32(2), "llama.embedding_length", uint32(4), uint32(8))
	}
	deep := start(0, 1).put("k", uint32(9))
	for range 20 {
		deep.put(uint32(9), uint64(1))
	}
	for want, w := range map[string]*writer{
		"version 1 of GGUF":                  (&writer{}).put([]byte("GGUF"), uint32(1)),
		"big-endian":                         (&writer{}).put([]byte("GGUF"), uint32(3<<24)),
		`begins with "GGML"`:                 (&writer{}).put([]byte("GGML"), uint32(3)),
		"truncated":                          start(0, 1<<60),
		"a key of 1152921504606846976 bytes": start(0, 1).put(uint64(1 << 60)),
		`metadata "k": byte`:                 start(0, 1).put("k", uint32(8), uint64(1<<60)),
		"metadata of type 13":                start(0, 1).put("k", uint32(13)),
		"a BOOL is 2":                        start(0, 1).put("k", uint32(7), uint8(2)),
		`"k" stands twice`:                   start(0, 2).put("k", uint32(0), uint8(2), "k", uint32(0), uint8(2)),
		"nested deeper":                      deep,
		"power of two":                       start(0, 1).put("general.alignment", uint32(4), uint32(24)),
		`tensor "t": 5 dimensions`:           start(1, 0).put("t", uint32(5)),
		"a dimension of 0":                   start(1, 0).put("t", uint32(1), uint64(0)),
		"no whole blocks of Q4_0":            start(1, 0).put("t", uint32(1), uint64(31), uint32(2), uint64(0), make([]byte, 64)),
		"too large":                          start(1, 0).put("t", uint32(4), uint64(1<<30), uint64(1<<30), uint64(1<<30), uint64(1), uint32(0), uint64(0), make([]byte, 64)),
		"type 16 (IQ2_XXS); F32, F16, BF16, Q4_0, Q4_1": start(1, 0).put("t", uint32(1), uint64(256), uint32(16), uint64(0)),
		"type 99 (that nobody knows)":                   start(1, 0).put("t", uint32(1), uint64(256), uint32(99), uint64(0)),
		"begins at byte 32 of the data, expected 0":     start(1, 0).put("t", uint32(1), uint64(1), uint32(0), uint64(32), make([]byte, 256)),
		"the padding is not zero":                       start(1, 0).put("t", uint32(1), uint64(1), uint32(0), uint64(0), bytes.Repeat([]byte{1}, 256)),
		`the architecture is "mamba"; llama`:            start(0, 1).put("general.architecture", uint32(8), "mamba"),
		"one of several parts":                          arch(start(0, 4)).put("split.count", uint32(2), uint16(3)),
		`"llama.attention.head_count" is missing`:       start(0, 1).put("general.architecture", uint32(8), "llama"),
		`"llama.attention.head_count_kv" is of type`:    arch(start(0, 4)).put("llama.attention.head_count_kv", uint32(8), "2"),
		"2 of 4 numbers of a head":                      arch(start(0, 4)).put("llama.rope.dimension_count", uint32(4), uint32(2)),
		"with 2 heads and 3 groups":                     arch(start(0, 4)).put("llama.attention.head_count_kv", uint32(4), uint32(3)),
		"heads are 3 wide":                              start(0, 3).put("general.architecture", uint32(8), "llama", "llama.attention.head_count", uint32(4), uint32(1), "llama.embedding_length", uint32(4), uint32(3)),
		"is a quantised vector (Q8_0)":                  start(1, 3).put("general.architecture", uint32(8), "llama", "llama.attention.head_count", uint32(4), uint32(1), "llama.embedding_length", uint32(4), uint32(32), "blk.0.attn_q.bias", uint32(1), uint64(32), uint32(8), uint64(0)).data(34),
		"has 1 rows, expected 2 heads of 4":             arch(start(1, 3)).put("blk.0.attn_q.bias", uint32(1), uint64(1), uint32(0), uint64(0)).data(4),
	} {
		_, err := read(w.Bytes())
		if err == nil || !strings.Contains(err.Error(), want) || !(errors.Is(err, contract.ErrBadData) || errors.Is(err, contract.ErrUnsupported)) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestScalingThatConfigJSONCannotSayIsRefused(t *testing.T) {
	m, err := read(bytesOf(t, "llama.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	m.factors[1] = 1.5
	if _, err := m.config(); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "element 1 is 1.5") {
		t.Errorf("%v", err)
	}
	m.factors = nil
	m.metadata.values["llama.rope.scaling.type"] = value{kind: kindText, raw: []byte("longrope")}
	if _, err := m.config(); !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), "longrope") {
		t.Errorf("%v", err)
	}
	delete(m.metadata.values, "llama.block_count")
	if _, err := m.config(); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "llama.block_count") {
		t.Errorf("%v", err)
	}
}

func FuzzGGUF(f *testing.F) {
	for _, name := range append(slices.Clone(fixtures), "values.gguf") {
		f.Add(bytesOf(f, name))
	}
	f.Add(start(0, 1).put("k", uint32(9), uint32(9), uint64(1), uint32(8), uint64(2), "a", "b").Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := read(file)
		if err != nil {
			return
		}
		for name, x := range m.tensors {
			elements := 1
			for _, d := range x.shape {
				elements *= d
			}
			if got := x.bytes(); len(got) != elements*x.format.dtype.Size() || elements > 2*len(file) {
				t.Fatalf("%s: %d bytes for %v in a file of %d", name, len(got), x.shape, len(file))
			}
		}
		_, _ = m.config()
		_, _ = m.tokenizer()
	})
}

func BenchmarkExpand(b *testing.B) {
	for _, kind := range formats() {
		if kind.expand == nil {
			continue
		}
		b.Run(kind.name, func(b *testing.B) {
			const rows, columns = 1024, 4096
			w := weight{tensor: tensor{format: kind, shape: []int{rows, columns}, raw: make([]byte, rows*columns/kind.block*kind.bytes)}}
			b.SetBytes(4 * rows * columns) // of float32 made
			for b.Loop() {
				w.bytes()
			}
		})
	}
}
