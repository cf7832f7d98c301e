package lmtest

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/weights"
)

// Damage flips every byte of the header of a folder's model.safetensors in turn
// and cuts the file at every tensor: each must be an error, before or while
// weights are loaded, or leave every weight as it was. Never a crash, never
// other weights without a word.
func (s Suite) Damage(t *testing.T, folder string) {
	from := filepath.Join("testdata", folder)
	original, err := os.ReadFile(filepath.Join(from, weights.SafeTensors))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(from, hf.ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, hf.ConfigName), config, 0o600); err != nil {
		t.Fatal(err)
	}
	architecture := s.New().Architecture()
	want, header := contents(t, architecture, from), 8+int(binary.LittleEndian.Uint64(original))
	refused := 0
	try := func(what string, at int, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, weights.SafeTensors), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if lm.CheckFolder(architecture, dir) != nil { // what Configure does
			refused++
			return
		}
		if got := contents(t, architecture, dir); !slices.Equal(got, want) {
			t.Errorf("%s at byte %d: other weights are accepted", what, at)
		}
	}
	for at := range header {
		for _, mask := range []byte{0x01, 0x10, 0xff} {
			data := slices.Clone(original)
			data[at] ^= mask
			try("a flip", at, data)
		}
	}
	for _, end := range ends(t, original, header) {
		try("a cut", end, original[:end])
	}
	if refused < header {
		t.Errorf("%d damaged files were refused, expected most of %d", refused, 3*header)
	}
}

// contents are the bytes of all weights of the layout, in its order.
func contents(t *testing.T, a lm.Architecture, dir string) (all []byte) {
	t.Helper()
	folder, err := hf.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	definition, err := a.Read(folder.Config)
	if err != nil {
		t.Fatal(err)
	}
	layout := definition.Layout()
	bound, err := folder.Weights(layout)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range layout.Specs {
		view, err := bound.Tensor(spec)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, view.DType...), view.Bytes...)
	}
	if err := folder.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// ends are where tensors of a file begin and end, but for the end of the file, and
// some places in its header.
func ends(t *testing.T, file []byte, header int) []int {
	t.Helper()
	var tensors map[string]struct {
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:header], &tensors); err != nil {
		t.Fatal(err)
	}
	all := []int{0, 7, 8, header - 1}
	for _, x := range tensors {
		for _, at := range x.Offsets {
			if header+at < len(file) {
				all = append(all, header+at, header+at+1)
			}
		}
	}
	return all
}
