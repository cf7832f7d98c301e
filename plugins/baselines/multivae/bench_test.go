package main

import (
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

// BenchmarkEpoch: the floor is the likelihood, three products of users x items x hidden.
func BenchmarkEpoch(b *testing.B) { neuraltest.Epochs(b, New(), `{}`, 600, 200, 500) }
