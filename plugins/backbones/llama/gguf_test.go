package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/models/safetensors"
)

// someTexts are of words below 41.
func someTexts() [][]int32 {
	return [][]int32{{3, 1, 4, 1, 5, 9, 2, 6, 5, 35, 8, 9, 7, 9, 32}, {40}, {27, 18, 28, 18}}
}

func states(t *testing.T, b *lm.Backbone, texts [][]int32) (hidden, logits []float32) {
	t.Helper()
	hidden, logits, err := b.States(texts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return hidden, logits
}

func TestGGUFIsTheFolderThatItWasMadeFrom(t *testing.T) {
	wantHidden, wantLogits := states(t, suite.Loaded(t, "small-b", nil), someTexts())
	hidden, logits := states(t, suite.Loaded(t, "small-b.gguf", nil), someTexts())
	if !slices.Equal(hidden, wantHidden) || !slices.Equal(logits, wantLogits) {
		t.Error("the numbers differ")
	}
}

func TestQuantisedGGUFEqualsTransformersOnItsWeights(t *testing.T) {
	f, err := safetensors.Open("testdata/q8_0.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	texts, rows := padded(t, f)
	hidden, logits := states(t, suite.Loaded(t, "q8_0.gguf", nil), texts)
	for name, got := range map[string][]float32{"hidden": hidden, "logits": logits} {
		d := lmtest.Distance(got, rows(name))
		if t.Logf("%s: distance %.2g", name, d); !(d < lmtest.Float32) {
			t.Errorf("%s: distance %.3g, expected below %g", name, d, lmtest.Float32)
		}
	}
}

// padded reads the texts of a reference, and arrays [B,T,..] without their padding.
func padded(t *testing.T, f *safetensors.File) (texts [][]int32, rows func(string) []float64) {
	t.Helper()
	view := func(name string) safetensors.View {
		v, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ids, err := view("ids").Int64s()
	lengths, err2 := view("lengths").Int64s()
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	width := len(ids) / len(lengths)
	for b, n := range lengths {
		var text []int32
		for _, id := range ids[b*width : b*width+int(n)] {
			text = append(text, int32(id))
		}
		texts = append(texts, text)
	}
	return texts, func(name string) (all []float64) {
		values, err := view(name).Float64s()
		if err != nil {
			t.Fatal(err)
		}
		size := len(values) / len(lengths)
		for b, n := range lengths {
			all = append(all, values[b*size:b*size+int(n)*size/width]...)
		}
		return all
	}
}

func TestGGUFBringsItsTokenizer(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "q8_0.json"))
	var want struct {
		Text string
		IDs  []int32
	}
	if err := errors.Join(err, json.Unmarshal(text, &want)); err != nil {
		t.Fatal(err)
	}
	b := suite.Loaded(t, "q8_0.gguf", nil)
	ids, err := b.Encode(t.Context(), []string{want.Text})
	if err != nil || !slices.Equal(ids[0], want.IDs[1:]) {
		t.Errorf("ids %v, %v, expected %v", ids, err, want.IDs[1:])
	}
	info, err := b.Load(t.Context(), contract.Resources{}, nil)
	if err != nil || info.MaxLength != 63 {
		t.Errorf("longest text %d, %v, expected 64 less the begin of the text", info.MaxLength, err)
	}
	_, err = suite.Loaded(t, "small-b.gguf", nil).Encode(t.Context(), []string{"word"})
	lmtest.Expect(t, err, contract.ErrNotFound)
}
