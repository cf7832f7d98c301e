package main

import (
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

// BenchmarkEpoch: the floor is the softmax, three products of positions x items x dim.
func BenchmarkEpoch(b *testing.B) {
	neuraltest.Epochs(b, New(), `{"order": "history"}`, 64, 2, 1, 50, 128)
}
