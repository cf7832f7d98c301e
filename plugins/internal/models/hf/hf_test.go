package hf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/weights"
)

func folderWith(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func fields(t *testing.T, text string) *Fields {
	t.Helper()
	f, err := ReadFields(filepath.Join(folderWith(t, ConfigName, text), ConfigName))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBrokenJSONNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{"{\n\"n_layer\": 2,\n}": "config.json:3:", "null": "JSON object", "[]": "config.json"} {
		_, err := ReadFields(filepath.Join(folderWith(t, ConfigName, text), ConfigName))
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ReadFields(filepath.Join(t.TempDir(), ConfigName)); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestMistakesNameTheKey(t *testing.T) {
	for text, ask := range map[string]func(f *Fields){
		`{"layers": 0}`:            func(f *Fields) { f.Positive("layers") },
		`{"layers": 2.5}`:          func(f *Fields) { f.Positive("layers") },
		`{"layers": "2"}`:          func(f *Fields) { f.PositiveOr("layers", 1) },
		`{"layers": -1}`:           func(f *Fields) { f.Count("layers", 1) },
		`{"layers": 1e99}`:         func(f *Fields) { f.Number("layers", 0, 0, 1) },
		`{"layers": 1}`:            func(f *Fields) { f.Boolean("layers", true) },
		`{"layers": true}`:         func(f *Fields) { f.Only("layers", false) },
		`{"layers": "mish"}`:       func(f *Fields) { f.Activation("layers", GELU) },
		`{"layers": {"a": "x"}}`:   func(f *Fields) { o := f.Object("layers"); o.Positive("a"); f.Join(o) },
		`{"layers":[1,2]}`:         func(f *Fields) { f.Object("layers") },
		`{"layer": 2}`:             func(f *Fields) { f.Positive("layers") },
		`{"model_type": "layers"}`: func(f *Fields) { f.Kind("b", "c") },
	} {
		f := fields(t, text)
		ask(f)
		if f.Err() == nil || !strings.Contains(f.Err().Error(), "layers") || !strings.Contains(f.Err().Error(), ConfigName) {
			t.Errorf("%s: %v", text, f.Err())
		}
	}
}

func TestMissingKeyPointsAtTheTypo(t *testing.T) {
	f := fields(t, `{"n_layers":2}`)
	if f.Positive("n_layer"); f.Err() == nil || !strings.Contains(f.Err().Error(), `n_layer: missing (there is "n_layers")`) {
		t.Errorf("%v", f.Err())
	}
}

func TestAbsentKeysTakeTheirDefaults(t *testing.T) {
	f := fields(t, `{"null": null}`)
	if f.PositiveOr("null", 3) != 3 || f.Count("x", 4) != 4 || !f.Boolean("x", true) || f.Text("x", "y") != "y" || f.Number("x", 0.5, 0, 1) != 0.5 ||
		f.Activation("x", SiLU) != SiLU || f.Object("x") != nil || f.Err() != nil {
		t.Errorf("%v", f.Err())
	}
}

// layout has a word table that a head may repeat, and a layer.
func layout() Layout {
	return Layout{Prefix: "model.", Same: map[string]string{"head": "words"}, Ignored: ignored{},
		Specs: []Spec{{Name: "words", Shape: []int{3, 2}}, {Name: "layer.weight", Shape: []int{2, 2}, Part: Attention}, {Name: "out", Shape: []int{2}, Head: true}}}
}

type ignored struct{}

func (ignored) MatchString(name string) bool { return name == "layer.mask" }

type tensors = map[string]safetensors.Tensor

func floats(shape ...int) safetensors.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return safetensors.Float32Tensor("", shape, make([]float32, n))
}

func write(t *testing.T, dir string, all tensors) {
	t.Helper()
	var list []safetensors.Tensor
	for name, x := range all {
		x.Name = name
		list = append(list, x)
	}
	if err := safetensors.Write(filepath.Join(dir, weights.SafeTensors), list, nil); err != nil {
		t.Fatal(err)
	}
}

// bind writes a folder of tensors and holds it against the layout.
func bind(t *testing.T, all tensors) error {
	t.Helper()
	dir := folderWith(t, ConfigName, "{}")
	write(t, dir, all)
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Weights(layout())
	return errors.Join(err, f.Close())
}

func TestWeightsBindWithAndWithoutPrefix(t *testing.T) {
	if err := bind(t, tensors{"words": floats(3, 2), "layer.weight": floats(2, 2), "out": floats(2), "layer.mask": floats(1)}); err != nil {
		t.Error(err)
	}
	if err := bind(t, tensors{"model.words": floats(3, 2), "model.layer.weight": floats(2, 2), "out": floats(2), "head": floats(3, 2)}); err != nil {
		t.Error(err)
	}
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	other := floats(3, 2)
	other.Bytes[0] = 1
	for want, damage := range map[string]func(tensors){
		`no tensor "layer.weight"`:           func(s tensors) { delete(s, "layer.weight") },
		`"out" has shape [1], expected [2]`:  func(s tensors) { s["out"] = floats(1) },
		`"layers.weight" belongs to no part`: func(s tensors) { s["layers.weight"] = floats(2, 2) },
		`"out" has dtype I64`:                func(s tensors) { s["out"] = safetensors.Int64Tensor("", []int{2}, make([]int64, 2)) },
		`"head" differs from "words"`:        func(s tensors) { s["head"] = other },
	} {
		all := tensors{"words": floats(3, 2), "layer.weight": floats(2, 2), "out": floats(2)}
		damage(all)
		if err := bind(t, all); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

func TestMissingFoldersAndFilesAreNamed(t *testing.T) {
	if _, err := OpenFolder(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v", err)
	}
	if _, err := OpenFolder(folderWith(t, ConfigName, "{}")); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte(`{"n_layer":2,"rope_scaling":{"type":"linear"}}`))
	f.Add([]byte(`{"n_layer":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ReadFields(filepath.Join(folderWith(t, ConfigName, string(text)), ConfigName))
		if err != nil {
			return
		}
		if n := c.Positive("n_layer"); c.Err() == nil && n < 1 {
			t.Fatalf("accepted %d", n)
		}
		o := c.Object("rope_scaling")
		c.Join(o)
	})
}
