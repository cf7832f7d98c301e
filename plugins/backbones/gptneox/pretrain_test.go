package main

import (
	"encoding/json"
	"iter"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
)

// texts are sentences of a small grammar: something to learn, nothing to own.
func texts(n int) iter.Seq2[[]string, error] {
	colours, things := strings.Fields("red blue green shiny"), strings.Fields("brush cream soap towel")
	return func(yield func([]string, error) bool) {
		for i := range n {
			text := "the " + colours[i%4] + " " + things[i/4%4] + " is good for my " + things[(i*7+i/16)%4] + "."
			if !yield([]string{text}, nil) {
				return
			}
		}
	}
}

func pretrain(t *testing.T, out, shape string, steps int) (contract.PretrainResult, error) {
	t.Helper()
	b := New()
	if _, err := b.Configure(t.Context(), lmtest.Params(t, out, nil)); err != nil {
		t.Fatal(err)
	}
	return b.Pretrain(t.Context(), contract.PretrainSpec{Out: out, Shape: json.RawMessage(shape), Steps: steps, Batch: 4,
		Rate: 3e-3, Seed: 11, HoldOut: 0.1}, texts(400), nil)
}

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) {
	for _, parallel := range []string{"true", "false"} {
		out := filepath.Join(t.TempDir(), parallel)
		got, err := pretrain(t, out, `{"hidden_size":32,"num_attention_heads":2,"max_position_embeddings":32,"vocab_size":300,"use_parallel_residual":`+parallel+`}`, 100)
		if err != nil {
			t.Fatal(err)
		}
		if held := math.Exp(got.HeldOut.NLL / float64(got.HeldOut.Tokens)); got.Vocabulary != 300 || !(held < 30) {
			t.Fatalf("vocabulary %d, perplexity of the texts held out %.1f, expected 300 and far below that", got.Vocabulary, held)
		}
		if _, err := New().Configure(t.Context(), lmtest.Params(t, out, nil)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	for shape, word := range map[string]string{
		`{"n_layer":2}`: "n_layer", `{"num_attention_heads":3}`: "hidden_size 128", `{"rotary_pct":0.1}`: "rotary_pct 0.1", `{"rotary_pct":2}`: "rotary_pct",
	} {
		_, err := pretrain(t, filepath.Join(t.TempDir(), "m"), shape, 1)
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: error %v, expected one about %q", shape, err, word)
		}
	}
}
