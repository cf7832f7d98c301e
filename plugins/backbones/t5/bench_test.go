package main

import (
	"strings"
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

// benchConfig has half of its layers in the encoder.
func benchConfig(layers, width, heads, words, positions int) map[string]any {
	return map[string]any{"model_type": "t5", "num_layers": layers / 2, "d_model": width, "num_heads": heads, "d_kv": width / heads,
		"d_ff": 4 * width, "vocab_size": words, "n_positions": positions}
}

// benchPasses counts the prompt's rows in the encoder and where the decoder looks
// at it, and the main text's in the decoder, but after the last self-attention
// those alone that predict. What the decoder reads has no gradient where it is
// words.
func benchPasses(weight string, layers int, n lmtest.BenchRows) float64 {
	looks := strings.Contains(weight, "EncDecAttention.k") || strings.Contains(weight, "EncDecAttention.v")
	self := strings.Contains(weight, "SelfAttention")
	switch {
	case strings.HasPrefix(weight, "encoder.") || looks:
		return 2 * n.Source
	case self && lmtest.InLayer(weight, "decoder.block.", 0) && n.Step != "collaborative":
		return n.Text
	case !self && lmtest.InLayer(weight, "decoder.block.", layers/2-1):
		return 2 * n.Picked
	}
	return 2 * n.Text
}

func BenchmarkStep(b *testing.B) {
	lmtest.Bench{
		Architecture: architecture{},
		Separate:     true,
		Shapes:       []lmtest.BenchShape{lmtest.Tiny(benchConfig(4, 128, 4, 2048, 256)), lmtest.Small(benchConfig(12, 768, 12, 32128, 1024))},
		Passes:       benchPasses,
		Pairs: func(hidden, layers float64, n lmtest.BenchRows) float64 {
			return layers / 2 * hidden * (n.Full + n.Causal + n.Cross)
		},
	}.Steps(b)
}
