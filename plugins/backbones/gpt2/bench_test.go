package main

import (
	"strings"
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

func benchConfig(layers, width, heads, words, positions int) map[string]any {
	return map[string]any{"model_type": "gpt2", "n_layer": layers, "n_embd": width, "n_head": heads, "vocab_size": words, "n_positions": positions}
}

// bench counts all rows in all layers, but after the last attention those alone
// that predict.
func bench() lmtest.Bench {
	return lmtest.Bench{
		Architecture: architecture{},
		Shapes:       []lmtest.BenchShape{lmtest.Tiny(benchConfig(4, 128, 4, 2048, 256)), lmtest.Small(benchConfig(12, 768, 12, 50257, 1024))},
		Pairs:        func(hidden, layers float64, n lmtest.BenchRows) float64 { return layers * hidden * n.Causal },
		Passes: func(weight string, layers int, n lmtest.BenchRows) float64 {
			if lmtest.InLayer(weight, "h.", layers-1) && !strings.Contains(weight, "c_attn") {
				return 2 * n.Picked
			}
			return 2 * n.Text
		},
	}
}

func BenchmarkStep(b *testing.B) { bench().Steps(b) }

func BenchmarkEpoch(b *testing.B) { bench().Epoch(b, bench().Shapes[0]) }
