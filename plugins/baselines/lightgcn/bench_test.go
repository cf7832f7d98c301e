package main

import (
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

// BenchmarkStep is one step at the size of Gowalla. The floor: in three layers every one of
// 2 x 806,166 edges is multiplied and added 64 wide, there and back: 1.2 GFLOP.
func BenchmarkStep(b *testing.B) { neuraltest.StepAtGowalla(b, New()) }
