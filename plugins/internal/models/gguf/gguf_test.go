package gguf

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

func open(t testing.TB, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
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

func bytesOf(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// source is what both kinds of file have.
type source interface {
	Names() []string
	Tensor(name string) (safetensors.View, error)
}

// floats are all tensors as float32 by name.
func floats(t *testing.T, s source) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	for _, name := range s.Names() {
		v, err := s.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = v.Float32s(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func reference(t *testing.T, name string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestEveryTypeExpandsToTheReferencesBits(t *testing.T) {
	got, want := floats(t, open(t, "types.gguf")), floats(t, reference(t, "types"))
	maps.Copy(got, floats(t, open(t, "small.gguf")))
	maps.Copy(want, floats(t, reference(t, "small")))
	if len(got) != len(formats()) || len(want) != len(got) {
		t.Fatalf("%d tensors, %d of reference, %d types", len(got), len(want), len(formats()))
	}
	for name := range want {
		if !sameBits(got[name], want[name]) {
			t.Errorf("%s: %v...\nwant %v...", name, got[name][:8], want[name][:8])
		}
	}
}

func TestModelsReadAsTransformersReadsThem(t *testing.T) {
	for _, name := range []string{"llama", "linear", "qwen2"} {
		f, ref := open(t, name+".gguf"), reference(t, name)
		got, want := floats(t, f), floats(t, ref)
		if !slices.Equal(f.Names(), ref.Names()) {
			t.Errorf("%s: names %q, want %q", name, f.Names(), ref.Names())
		}
		for key := range want {
			info, err := f.Info(key)
			v, _ := ref.Tensor(key)
			if err != nil || !slices.Equal(info.Shape, v.Shape) || info.Bytes != nil || !sameBits(got[key], want[key]) {
				t.Errorf("%s: %s has shape %v and %v..., want %v and %v...", name, key, info.Shape, got[key][:4], v.Shape, want[key][:4])
			}
		}
	}
}

func TestConfigReadsAsConfigJSON(t *testing.T) {
	for _, name := range []string{"llama", "linear", "qwen2"} {
		config, err := open(t, name+".gguf").Config()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{}
		if err := json.Unmarshal(bytesOf(t, name+".json"), &want); err != nil {
			t.Fatal(err)
		}
		for key, w := range want {
			var got any
			if raw, ok := config[key]; ok || w != nil {
				if err := json.Unmarshal(raw, &got); err != nil {
					t.Errorf("%s: %s: %v", name, key, err)
				}
			}
			if !reflect.DeepEqual(got, w) {
				t.Errorf("%s: %s is %v, want %v", name, key, got, w)
			}
		}
	}
}

func TestTokenizerReadsAsItIsWritten(t *testing.T) {
	got, err := open(t, "llama.gguf").Tokenizer()
	yes, no := true, false
	if err != nil || got.Model != "llama" || len(got.Tokens) != 24 || got.Tokens[23] != "t23" || got.Scores[2] != -2 ||
		!slices.Equal(got.Types[:3], []int64{3, 3, 1}) || got.BOS != 1 || got.EOS != 2 || got.Unknown != 0 || got.Padding != -1 ||
		*got.AddBOS != yes || *got.AddSpacePrefix != no || got.AddEOS != nil || got.Merges != nil {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = open(t, "qwen2.gguf").Tokenizer()
	if err != nil || got.Model != "gpt2" || got.Pre != "qwen2" || !slices.Equal(got.Merges, []string{"a b", "ab c"}) || got.Scores != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryTypeOfMetadataReads(t *testing.T) {
	c, err := parse(bytesOf(t, "values.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]int64{"u8": 255, "i8": -128, "u16": 65535, "i16": -32768, "u32": 1<<32 - 1, "i32": math.MinInt32, "i64": math.MinInt64} {
		if got, ok := c.metadata[key].integer(); !ok || got != want {
			t.Errorf("%s: %d, %v", key, got, ok)
		}
	}
	if got, ok := c.metadata["u64"].integer(); ok {
		t.Errorf("u64 of 2^63 became %d", got)
	}
	m := metadata{values: c.metadata}
	yes, _ := c.metadata["yes"].boolean()
	no, ok := c.metadata["no"].boolean()
	if m.number("f32") != "0.1" || m.number("f64") != "0.1" || m.text("text") != "héllo ✓" || !yes || no || !ok || m.err != nil {
		t.Errorf("%v", m.err)
	}
	texts, _ := c.metadata["texts"].texts()
	ints, _ := c.metadata["ints"].integers()
	numbers, _ := c.metadata["floats"].floats()
	if !slices.Equal(texts, []string{"a", "", "ü"}) || !slices.Equal(ints, []int64{1, -2, 3}) || !slices.Equal(numbers, []float32{0.5, -1.5}) {
		t.Errorf("%q %v %v", texts, ints, numbers)
	}
	if _, ok := c.metadata["bools"].integers(); ok {
		t.Error("BOOLs became integers")
	}
	if !slices.Equal(c.tensors["three"].shape, []int{1, 2, 3}) || len(c.tensors["one"].raw) != 10 {
		t.Errorf("%v", slices.Collect(maps.Keys(c.tensors)))
	}
}

func TestPlainTensorsAreNotCopied(t *testing.T) {
	f := open(t, "linear.gguf")
	for name, mapped := range map[string]bool{"model.layers.0.self_attn.v_proj.weight": true, "model.layers.0.self_attn.q_proj.weight": false} {
		a, err := f.Tensor(name)
		b, again := f.Tensor(name)
		if err := errors.Join(err, again); err != nil {
			t.Fatal(err)
		}
		if (&a.Bytes[0] == &b.Bytes[0]) != mapped {
			t.Errorf("%s: mapped is %v", name, !mapped)
		}
	}
}

func TestErrorsNameTheTensorAndTheFile(t *testing.T) {
	f, err := Open("testdata/llama.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Tensor("model.nor.weight"); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), `"model.norm.weight"`) {
		t.Errorf("%v", err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Info("model.norm.weight"); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("%v", err)
	}
	if _, err := Open("testdata/absent.gguf"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
