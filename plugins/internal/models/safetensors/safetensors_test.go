package safetensors

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

const fixture = "testdata/every.safetensors"

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

type expected struct {
	Shape  []int
	Values []string
}

func expectations(t *testing.T) map[string]expected {
	t.Helper()
	text, err := os.ReadFile("testdata/every.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]expected
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

// values widens any tensor to float64 through the conversion that fits it.
func values(v View) ([]float64, error) {
	if v.DType == Bool {
		v.DType = U8
	}
	if ints, err := v.Int64s(); err == nil {
		out := make([]float64, len(ints))
		for i, x := range ints {
			out[i] = float64(x)
		}
		return out, nil
	}
	return v.Float64s()
}

func TestEveryDTypeReadsAsPythonWroteIt(t *testing.T) {
	f, want := open(t, fixture), expectations(t)
	if len(f.Names()) != len(want) {
		t.Fatalf("names %q, want %d of them", f.Names(), len(want))
	}
	for name, w := range want {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := values(v)
		if err != nil || !slices.Equal(v.Shape, w.Shape) || len(got) != len(w.Values) {
			t.Fatalf("%s: shape %v, %d values, %v; want %v", name, v.Shape, len(got), err, w.Shape)
		}
		for i, text := range w.Values {
			x, _ := strconv.ParseFloat(text, 64)
			if math.Float64bits(got[i]) != math.Float64bits(x) && got[i] != x {
				t.Errorf("%s[%d] = %v, want %v", name, i, got[i], x)
			}
		}
	}
	if m := f.Metadata(); len(m) != 1 || m["format"] != "pt" {
		t.Errorf("metadata %v", m)
	}
}

func TestFloat32sRoundsDoublesToNearest(t *testing.T) {
	v, err := open(t, fixture).Tensor("floats/F64")
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Float32s()
	if err != nil || got[6] != float32(3.1415926535) || math.Signbit(float64(got[1])) != true {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestHalfNaNAndSubnormalsWiden(t *testing.T) {
	if x := Half(0x7e00); x == x {
		t.Errorf("NaN became %v", x)
	}
	for bits, want := range map[uint16]float32{0x0001: 0x1p-24, 0x8001: -0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x0400: 0x1p-14, 0x7bff: 65504, 0xfc00: float32(math.Inf(-1))} {
		if got := Half(bits); got != want {
			t.Errorf("%#04x = %v, want %v", bits, got, want)
		}
	}
}

func copyOf(t *testing.T, f *File) []Tensor {
	t.Helper()
	var all []Tensor
	for _, name := range f.Names() {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Tensor{Name: name, DType: v.DType, Shape: v.Shape, Bytes: v.Bytes})
	}
	return all
}

func TestWriteGivesTheReferenceImplementationsBytes(t *testing.T) {
	f := open(t, fixture)
	tensors := copyOf(t, f)
	slices.Reverse(tensors)
	path := filepath.Join(t.TempDir(), "again.safetensors")
	if err := Write(path, tensors, f.Metadata()); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	want, _ := os.ReadFile(fixture)
	if string(got) != string(want) {
		t.Errorf("bytes differ:\n%.600q\n%.600q", got, want)
	}
}

func TestWriteRefusesWhatDoesNotFit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	one := Float32Tensor("a", []int{1}, []float32{1})
	for what, tensors := range map[string][]Tensor{
		"shape":    {Float32Tensor("a", []int{2, 2}, []float32{1, 2, 3})},
		"negative": {Float32Tensor("a", []int{-1, -1}, []float32{1})},
		"twice":    {one, one},
		"reserved": {Float32Tensor("__metadata__", []int{1}, []float32{1})},
		"dtype":    {{Name: "a", DType: "F31", Shape: []int{0}}},
		"utf8":     {Float32Tensor("\xff", []int{1}, []float32{1})},
	} {
		if err := Write(path, tensors, nil); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailedWriteKeepsTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := Write(path, []Tensor{Int64Tensor("a", []int{1}, []int64{7})}, nil); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []Tensor{Float32Tensor("a", []int{9}, nil)}, nil); err == nil {
		t.Fatal("want an error")
	}
	v, err := open(t, path).Tensor("a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := v.Int64s(); err != nil || got[0] != 7 {
		t.Errorf("%v %v", got, err)
	}
}

func TestErrorsNameTheTensorAndItsNearest(t *testing.T) {
	f := open(t, fixture)
	_, err := f.Tensor("matrlx")
	if !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), `"matrix"`) || !strings.Contains(err.Error(), fixture) {
		t.Errorf("%v", err)
	}
	v, _ := f.Tensor("matrix")
	if err := v.Expect(2, 3); err != nil {
		t.Error(err)
	}
	if err := v.Expect(3, 2); err == nil || !strings.Contains(err.Error(), `"matrix" has shape [2 3], expected [3 2]`) {
		t.Errorf("%v", err)
	}
	mask, _ := f.Tensor("mask")
	if _, err := mask.Float32s(); err == nil || !strings.Contains(err.Error(), "BOOL") {
		t.Errorf("%v", err)
	}
}

func TestClosedFileRefuses(t *testing.T) {
	f, err := Open(fixture)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("matrix"); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("%v", err)
	}
}

func TestNoSuchFile(t *testing.T) {
	if _, err := Open("testdata/absent"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := Open("testdata"); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("%v", err)
	}
}

// file makes the bytes of a safetensors file from a header and so many bytes of data.
func file(header string, data int) []byte {
	n := len(header)
	return append([]byte{byte(n), byte(n >> 8), 0, 0, 0, 0, 0, 0}, header+strings.Repeat("\x00", data)...)
}

func TestDamagedHeadersAreRefused(t *testing.T) {
	tensor := `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for what, bytes := range map[string][]byte{
		"short":           []byte("abc"),
		"huge length":     {255, 255, 255, 255, 255, 255, 255, 127, '{', '}'},
		"not JSON":        file(`hello`, 0),
		"cut JSON":        file(tensor, 8),
		"trailing":        file(tensor+"}x", 8),
		"missing data":    file(tensor+"}", 7),
		"extra data":      file(tensor+"}", 9),
		"twice":           file(tensor+`,"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}`, 16),
		"overlap":         file(tensor+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12),
		"hole":            file(tensor+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}`, 20),
		"backwards":       file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8),
		"shape":           file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8),
		"negative":        file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8),
		"overflow":        file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0),
		"no shape":        file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8),
		"three offsets":   file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}`, 8),
		"unknown key":     file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8),
		"metadata number": file(`{"__metadata__":{"a":1}}`, 0),
	} {
		if _, err := parse("f", bytes); !errors.Is(err, contract.ErrBadData) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := parse("f", file(`{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}`, 2))
	if !errors.Is(err, contract.ErrUnsupported) || !strings.Contains(err.Error(), `"a" has dtype "F8_E4M3"`) {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	whole, err := os.ReadFile(fixture)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(file(`{"a":{"dtype":"U8","shape":[1,0,7],"data_offsets":[0,0]},"__metadata__":{"k":"v"}}  `, 0))
	f.Add(file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		h, err := parse("f", bytes)
		if err != nil {
			return
		}
		f := &File{path: "f", mapped: bytes, header: h}
		for _, name := range f.Names() {
			v, err := f.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := values(v); err != nil || len(got) != v.Len() {
				t.Fatalf("%s: %d of %d values, %v", name, len(got), v.Len(), err)
			}
		}
	})
}

func BenchmarkFloat32s(b *testing.B) {
	for _, dtype := range []DType{F64, F32, F16, BF16} {
		b.Run(string(dtype), func(b *testing.B) {
			v := View{DType: dtype, Bytes: make([]byte, 1<<22*dtype.Size())}
			b.SetBytes(4 << 22) // of float32 made
			for b.Loop() {
				if _, err := v.Float32s(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
