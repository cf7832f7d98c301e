package main

import (
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

// BenchmarkEpoch: the floor is the softmax, three products of masked items x items x dim,
// and the blocks.
func BenchmarkEpoch(b *testing.B) {
	neuraltest.Epochs(b, New(), `{"order": "history", "last": 0}`, 64, 2, 2, 50, 128)
}
