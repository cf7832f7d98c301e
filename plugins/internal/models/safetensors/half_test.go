package safetensors

import (
	"math"
	"path/filepath"
	"testing"
)

func TestHalvesRoundToNearestEven(t *testing.T) {
	for v, want := range map[float32]uint16{0: 0, 1: 0x3c00, -2: 0xc000, 65504: 0x7bff, 65520: 0x7c00, 1.00048828125: 0x3c00,
		1.00146484375: 0x3c02, 5.9604645e-8: 1, 6.1e-5: 0x3ff, 6.103515625e-5: 0x400, 0.02: 0x251f} {
		if got := half(v); got != want {
			t.Errorf("half(%v) = %#04x, expected %#04x", v, got, want)
		}
	}
}

func TestHalvesReadBack(t *testing.T) {
	path, want := filepath.Join(t.TempDir(), "h.safetensors"), []float32{0.1, -3.3, 7}
	if err := Write(path, []Tensor{Float16Tensor("x", []int{3}, want)}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	view, err := f.Tensor("x")
	if err != nil {
		t.Fatal(err)
	}
	back, err := view.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range back {
		if math.Abs(float64(v-want[i])) > 5e-4*7 {
			t.Errorf("%v came back as %v", want[i], v)
		}
	}
}
