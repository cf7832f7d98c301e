package main

import (
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

// BenchmarkGradient is one step at the size of Gowalla. The floor: each of 1,024 interactions
// meets 101 items of 64 numbers, three passes over 26 MB of rows there and back.
func BenchmarkGradient(b *testing.B) { neuraltest.StepAtGowalla(b, New()) }
