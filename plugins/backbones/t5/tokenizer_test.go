package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/sharedtest"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/models/weights"
	"cllm4rec/plugins/internal/numerics/nn"
)

// published is a folder with T5's own vocabulary in one of its files, under a
// random model with as many rows as every published T5: 32,128 for 32,100 tokens.
func published(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(sharedtest.Path(t, "models/tokenizer-t5/"+file))
	config := keys{"model_type": "t5", "d_model": 4, "d_kv": 2, "d_ff": 4, "num_layers": 1, "num_heads": 2, "vocab_size": 32128}
	fields, err1 := hf.FieldsOf("config.json", config)
	definition, err2 := architecture{}.Read(fields)
	if err := errors.Join(err, err1, err2); err != nil {
		t.Fatal(err)
	}
	var all []safetensors.Tensor
	for _, w := range definition.Layout().Specs {
		all = append(all, safetensors.Float32Tensor(w.Name, w.Shape, nn.Filled(w.Size(), 0.5)))
	}
	dir := t.TempDir()
	if err := errors.Join(hf.SaveConfig(dir, config), os.WriteFile(filepath.Join(dir, file), text, 0o644),
		safetensors.Write(filepath.Join(dir, weights.SafeTensors), all, nil)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPublishedVocabulariesAreReadFromEitherFile(t *testing.T) {
	for _, file := range []string{"tokenizer.json", "spiece.model"} {
		b, err := suite.Load(t, published(t, file), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Encode(t.Context(), []string{"The strings sound warm, and stay in tune."})
		want := []int32{37, 18705, 1345, 1978, 6, 11, 1049, 16, 7368, 5} // transformers 4.57.1, without its end token
		if err != nil || !slices.Equal(got[0], want) {
			t.Errorf("%s: %v, %v, expected %v", file, got, err, want)
		}
		prompt := contract.RankPrompt{Prompt: append([]int32{32128}, got[0]...), K: 3}
		err = b.OpenTower(t.Context(), contract.TowerSpec{Name: "l", Users: 1, Items: 3, InitStd: 0.02})
		rankings, err2 := b.Rank(t.Context(), "l", contract.RankSpec{}, []contract.RankPrompt{prompt})
		if err := errors.Join(err, err2); err != nil || len(rankings[0].Items) != 3 {
			t.Errorf("%s: %v, %v", file, rankings, err)
		}
	}
}
