package safetensors

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// geometry is what a caller checks against the model: names, types, shapes.
func geometry(h header) string {
	var lines []string
	for name, e := range h.entries {
		lines = append(lines, fmt.Sprint(name, e.DType, e.Shape))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// places tells where every tensor lies in the file.
func places(h header) string {
	var lines []string
	for name, e := range h.entries {
		lines = append(lines, fmt.Sprint(name, h.data+int(e.Offsets[0]), h.data+int(e.Offsets[1])))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func TestEveryFlippedByteOfTheHeaderIsAnErrorOrNoticed(t *testing.T) {
	file, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	want, err := parse("f", file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(file)
	for i := range want.data {
		for _, mask := range []byte{0xff, 1, 2, 4, 8, 16, 32, 64, 128} {
			damaged[i] = file[i] ^ mask
			got, err := parse("f", damaged)
			if err == nil && geometry(got) == geometry(want) && places(got) != places(want) {
				t.Errorf("byte %d ^ %#02x: other weights under the same names", i, mask)
			}
		}
		damaged[i] = file[i]
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	file, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	for n := range file {
		if _, err := parse("f", file[:n]); err == nil {
			t.Errorf("no error with %d of %d bytes", n, len(file))
		}
	}
	if _, err := parse("f", append(file, 0)); err == nil {
		t.Error("a byte more is not noticed")
	}
}
