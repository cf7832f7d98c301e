package torchbin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// files are those that must open.
func files(t testing.TB) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%q, %v", paths, err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(data); err == nil {
			all[filepath.Base(path)] = data
		}
	}
	return all
}

// geometry is what a caller checks against the model: names, types, shapes.
func geometry(tensors map[string]*tensor) string {
	var lines []string
	for name, t := range tensors {
		lines = append(lines, fmt.Sprint(name, t.storage.dtype, t.shape))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func equal(a, b map[string]*tensor) bool {
	for name, t := range a {
		if !bytes.Equal(t.bytes(), b[name].bytes()) {
			return false
		}
	}
	return true
}

// elements tells which bytes of a file are elements of tensors rather than structure.
func elements(file []byte, tensors map[string]*tensor) []bool {
	is := make([]bool, len(file))
	for _, t := range tensors {
		if len(t.storage.bytes) == 0 {
			continue
		}
		from := int(uintptr(unsafe.Pointer(&t.storage.bytes[0])) - uintptr(unsafe.Pointer(&file[0])))
		for i := range t.storage.bytes {
			is[from+i] = true
		}
	}
	return is
}

// masks are the flips of a byte: every bit and all of them in some files, two of these in the others.
func masks(name string, i int) []byte {
	if strings.HasPrefix(name, "views") {
		return []byte{0xff, 1, 2, 4, 8, 16, 32, 64, 128}
	}
	return []byte{0xff, 1 << (i % 8)}
}

func TestEveryFlippedByteIsAnErrorOrNoticed(t *testing.T) {
	for name, file := range files(t) {
		want, err := parse(file)
		if err != nil {
			t.Fatal(err)
		}
		data := elements(file, want)
		for i := range file {
			if data[i] {
				continue
			}
			for _, mask := range masks(name, i) {
				damaged := slices.Clone(file)
				damaged[i] ^= mask
				got, err := parse(damaged)
				if err == nil && geometry(got) == geometry(want) && !equal(want, got) {
					t.Errorf("%s: byte %d ^ %#02x: other weights under the same names", name, i, mask)
				}
			}
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	for name, file := range files(t) {
		for n := range file {
			if _, err := parse(file[:n]); err == nil {
				t.Errorf("%s: no error with %d of %d bytes", name, n, len(file))
			}
		}
		if _, err := parse(append(slices.Clone(file), 0)); err == nil && name[len(name)-7:] != "zip.bin" {
			t.Errorf("%s: a byte more is not noticed", name)
		}
	}
}

func FuzzTorchBin(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := parse(file)
		if err != nil {
			return
		}
		for name, x := range tensors {
			if got := x.bytes(); len(got) != x.count*x.storage.dtype.Size() || len(got) > len(file) {
				t.Fatalf("%s: %d bytes for %v", name, len(got), x.shape)
			}
		}
	})
}
