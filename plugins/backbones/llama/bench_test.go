package main

import (
	"strings"
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

// benchConfig has two thirds of GPT-2's inner width, for three matrices instead of two.
func benchConfig(layers, width, heads, inner, words, positions int) map[string]any {
	return map[string]any{"model_type": "llama", "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads,
		"intermediate_size": inner, "vocab_size": words, "max_position_embeddings": positions, "tie_word_embeddings": true}
}

// BenchmarkStep counts all rows in all layers, but after the last attention those
// alone that predict.
func BenchmarkStep(b *testing.B) {
	lmtest.Bench{
		Architecture: architecture{},
		Shapes: []lmtest.BenchShape{lmtest.Tiny(benchConfig(4, 128, 4, 344, 2048, 256)),
			lmtest.Small(benchConfig(12, 768, 12, 2048, 32000, 1024))},
		Pairs: func(hidden, layers float64, n lmtest.BenchRows) float64 { return layers * hidden * n.Causal },
		Passes: func(weight string, layers int, n lmtest.BenchRows) float64 {
			after := strings.Contains(weight, "o_proj") || strings.Contains(weight, "mlp.")
			if lmtest.InLayer(weight, "layers.", layers-1) && after {
				return 2 * n.Picked
			}
			return 2 * n.Text
		},
	}.Steps(b)
}
