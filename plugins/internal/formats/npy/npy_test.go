package npy

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestMatricesThatSciPyWrote(t *testing.T) {
	for _, name := range []string{"float32", "float64", "int64", "int8", "bool", "stored"} {
		m, err := ReadCSR(filepath.Join("testdata", name+".npz"))
		if err != nil {
			t.Fatal(name, err)
		}
		data := []float64{1, 2, 3}
		if name == "bool" {
			data = []float64{1, 1, 1}
		}
		if m.Rows != 3 || m.Cols != 4 || !slices.Equal(m.Ptr, []int64{0, 2, 2, 3}) || !slices.Equal(m.Index, []int64{1, 3, 0}) || !slices.Equal(m.Data, data) {
			t.Errorf("%s: %+v", name, *m)
		}
	}
}

func readArray(t *testing.T, name string) (*Array, error) {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return Read(bytes.NewReader(data))
}

func TestArraysThatNumPyWrote(t *testing.T) {
	if a, err := readArray(t, "numbers.npy"); err != nil || !slices.Equal(a.Ints, []int64{-2, 3, 4, 5}) || !slices.Equal(a.Shape, []int{2, 2}) {
		t.Errorf("numbers: %+v, %v", a, err)
	}
	if a, err := readArray(t, "unsigned.npy"); err != nil || a.Ints[0] != math.MaxUint32 {
		t.Errorf("unsigned: %+v, %v", a, err)
	}
	if a, err := readArray(t, "text.npy"); err != nil || a.Text != "csr" {
		t.Errorf("text: %+v, %v", a, err)
	}
	for name, want := range map[string]string{"objects.npy": `dtype "|O"`, "big_endian.npy": `dtype ">f8"`, "fortran.npy": "Fortran order"} {
		if _, err := readArray(t, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestDamagedArraysAreErrors(t *testing.T) {
	whole, err := os.ReadFile("testdata/numbers.npy")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Read(bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("no error with %d of %d bytes", n, len(whole))
		}
	}
	if _, err := Read(bytes.NewReader(append(slices.Clone(whole), 0))); err == nil {
		t.Error("no error with a byte too many")
	}
	for _, header := range []string{
		"", "{}", "{'descr': '<i4', 'fortran_order': False}", "{'descr': '<i4', 'fortran_order': False, 'shape': (-1,), }",
		"{'descr': '<i4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
		"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (1,), }", "{'descr': (1,), 'fortran_order': False, 'shape': 'x', }",
	} {
		if h, err := parseHeader(header); err == nil {
			t.Errorf("%s: no error, %+v", header, h)
		}
	}
}

// array writes the bytes of an array of format 1.0.
func array(descr, shape string, elements ...byte) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape)
	return slices.Concat([]byte("\x93NUMPY\x01\x00"), []byte{byte(len(header)), 0}, []byte(header), elements)
}

// vector writes a one-dimensional array of int32.
func vector(values ...int32) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return array("<i4", fmt.Sprint(len(values), ","), b...)
}

func archive(members map[string][]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range members {
		w, _ := z.Create(name + ".npy")
		_, _ = w.Write(data)
	}
	_ = z.Close()
	return b.Bytes()
}

// tiny is a 2 x 3 matrix with entries (0,1), (0,2), (1,0).
func tiny() map[string][]byte {
	return map[string][]byte{
		"format": array("|S3", "", []byte("csr")...), "shape": vector(2, 3), "indptr": vector(0, 2, 3), "indices": vector(1, 2, 0), "data": vector(1, 1, 1),
	}
}

func TestDamagedMatricesNameTheArray(t *testing.T) {
	nan := array("<f4", "3,", 0, 0, 128, 63, 0, 0, 192, 127, 0, 0, 128, 63)
	for want, change := range map[string]func(map[string][]byte){
		"array indices: entry 1 is 3, outside 0..2":     func(m map[string][]byte) { m["indices"] = vector(1, 3, 0) },
		"array indices: entry 1 is -1":                  func(m map[string][]byte) { m["indices"] = vector(1, -1, 0) },
		"array indptr: entry 2 is 1":                    func(m map[string][]byte) { m["shape"], m["indptr"] = vector(3, 3), vector(0, 2, 1, 3) },
		"array indptr: 2 entries":                       func(m map[string][]byte) { m["indptr"] = vector(0, 3) },
		"array indptr: runs from 0 to 4":                func(m map[string][]byte) { m["indptr"] = vector(0, 2, 4) },
		"array data: 2 entries":                         func(m map[string][]byte) { m["data"] = vector(1, 1) },
		"array data: entry 1 is NaN":                    func(m map[string][]byte) { m["data"] = nan },
		"array shape: [2 -3]":                           func(m map[string][]byte) { m["shape"] = vector(2, -3) },
		"array indices: is missing":                     func(m map[string][]byte) { delete(m, "indices") },
		"array indices: dtype |S3":                      func(m map[string][]byte) { m["indices"] = m["format"] },
		"array indices: 3 elements of <i4 need 12 byte": func(m map[string][]byte) { m["indices"] = m["indices"][:len(m["indices"])-1] },
		"array format: \"\"":                            func(m map[string][]byte) { m["format"] = vector(1) },
	} {
		m := tiny()
		change(m)
		data := archive(m)
		if _, err := DecodeCSR(bytes.NewReader(data), int64(len(data))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: error %v", want, err)
		}
	}
	if _, err := ReadCSR("testdata/csc.npz"); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), `csc.npz: array format: "csc"`) {
		t.Errorf("csc: error %v", err)
	}
	if _, err := ReadCSR("testdata/none.npz"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("missing: error %v", err)
	}
}

// A column of zeros shrinks to a thousandth: this file of 130 kB says that it
// inflates to 128 MiB. Nothing of it may be read.
func TestAFileThatInflatesTooFarIsRefusedBeforeReading(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range tiny() {
		if name != "data" {
			w, _ := z.Create(name + ".npy")
			_, _ = w.Write(data)
		}
	}
	w, _ := z.Create("data.npy")
	_, _ = w.Write(array("<f8", "16777216,"))
	for zeros, n := make([]byte, 1<<20), 0; n < 1<<7; n++ {
		_, _ = w.Write(zeros)
	}
	_ = z.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := DecodeCSR(bytes.NewReader(b.Bytes()), int64(b.Len()))
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "array data: 13421") || !strings.Contains(err.Error(), "when inflated") {
		t.Errorf("file of %d bytes: error %v", b.Len(), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes were allocated to refuse it", used)
	}
}

// The directory of the archive says that data.npy inflates to 100 bytes; 64 MiB
// would come.
func TestAnArrayThatInflatesToMoreThanItSaysIsRefused(t *testing.T) {
	m := tiny()
	m["data"] = slices.Concat(array("<f8", "8388608,"), make([]byte, 64<<20))
	data := archive(m)
	lie := binary.LittleEndian.AppendUint32(nil, 100)
	size := binary.LittleEndian.AppendUint32(nil, uint32(len(m["data"])))
	changed := bytes.ReplaceAll(data, size, lie)
	if bytes.Equal(changed, data) {
		t.Fatal("the size was not found in the archive")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := DecodeCSR(bytes.NewReader(changed), int64(len(changed)))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err == nil || !strings.Contains(err.Error(), "array data") || used > 1<<20 {
		t.Errorf("%d bytes allocated, error %v", used, err)
	}
}

func TestALongColumnOfOnesIsRead(t *testing.T) {
	const n = 1 << 20 // 8 MB of data in a file of a few kilobytes
	m := tiny()
	m["shape"], m["indptr"] = vector(1, 1), vector(0, n)
	m["indices"] = array("<i4", fmt.Sprint(n, ","), make([]byte, 4*n)...)
	m["data"] = array("<i4", fmt.Sprint(n, ","), make([]byte, 4*n)...)
	data := archive(m)
	if got, err := DecodeCSR(bytes.NewReader(data), int64(len(data))); err != nil || len(got.Index) != n || len(data) > 1<<16 {
		t.Errorf("file of %d bytes: error %v", len(data), err)
	}
}

func TestTruncatedAndFlippedFilesAreErrors(t *testing.T) {
	whole, err := os.ReadFile("testdata/float32.npz")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := DecodeCSR(bytes.NewReader(whole[:n]), int64(n)); err == nil {
			t.Fatalf("no error with %d of %d bytes", n, len(whole))
		}
	}
	at := bytes.Index(whole, []byte("indices.npy")) + 20
	whole[at+20] ^= 0xff
	if _, err := DecodeCSR(bytes.NewReader(whole), int64(len(whole))); err == nil {
		t.Error("no error with a flipped byte")
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"numbers.npy", "text.npy", "objects.npy"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := Read(bytes.NewReader(data)); err == nil && len(a.Ints)+len(a.Floats)+len(a.Text) > 4*len(data) {
			t.Fatalf("%d bytes became %+v", len(data), a)
		}
	})
}

func FuzzDecodeCSR(f *testing.F) {
	for _, name := range []string{"float32", "stored", "csc"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".npz"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(archive(tiny()))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := DecodeCSR(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, c := range m.Index {
			if c < 0 || int(c) >= m.Cols {
				t.Fatalf("index %d of %d columns", c, m.Cols)
			}
		}
	})
}
