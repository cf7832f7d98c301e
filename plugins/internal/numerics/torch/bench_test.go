package torch

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The shapes of one layer of a GPT-2-small-shaped LLaMA over 8 x 128 tokens.
const (
	benchRows, benchWide, benchInner = 1024, 768, 2048
	benchHeads, benchWidth           = 12, 64
)

// benchmark times forward and backward of f, on all processors.
func benchmark(b *testing.B, f func(s *Scope, x, y *Tensor) *Tensor, wide int64) {
	e, err := Start(0)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		rng := rand.New(rand.NewPCG(1, 1))
		x, y := s.Train(s.Floats(random(rng, int(benchRows*wide)), benchRows, wide)), s.Train(s.Floats(random(rng, int(benchRows*wide)), benchRows, wide))
		for b.Loop() {
			inner := s.Nested()
			inner.Backward(inner.Sum(f(inner, x, y)))
			inner.ClearGrad([]*Tensor{x, y})
			inner.Close()
		}
		return s.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkProduct is the rate of the products of a layer, [1024,in] by [in,out],
// of which docs/performance.md speaks.
func BenchmarkProduct(b *testing.B) {
	for _, d := range []DType{Float32, BFloat16} {
		for _, shape := range [][2]int64{{benchWide, benchWide}, {benchWide, 3 * benchWide}, {benchWide, benchInner}, {benchWide, 2 * benchInner}} {
			b.Run(fmt.Sprintf("%v/%dx%d", d, shape[0], shape[1]), func(b *testing.B) { benchmarkProduct(b, d, shape[0], shape[1]) })
		}
	}
}

func benchmarkProduct(b *testing.B, d DType, in, out int64) {
	e, err := Start(0)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		x, w := s.Full(d, 0.5, benchRows, in), s.Transpose(s.Full(d, 0.5, out, in), 0, 1)
		for b.Loop() {
			inner := s.Nested()
			inner.MatMul(x, w)
			inner.Close()
		}
		return s.Err()
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(2*float64(benchRows*in*out)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}

func BenchmarkRMSNorm(b *testing.B) {
	benchmark(b, func(s *Scope, x, _ *Tensor) *Tensor { return s.RMSNorm(x, s.Full(Float32, 1, benchWide), 1e-6) }, benchWide)
}

func BenchmarkLayerNorm(b *testing.B) {
	benchmark(b, func(s *Scope, x, _ *Tensor) *Tensor {
		return s.LayerNorm(x, s.Full(Float32, 1, benchWide), s.Zeros(benchWide), 1e-6)
	}, benchWide)
}

func BenchmarkRotate(b *testing.B) {
	positions := make([]int64, benchRows)
	for i := range positions {
		positions[i] = int64(i % 128)
	}
	benchmark(b, func(s *Scope, x, _ *Tensor) *Tensor {
		table := s.Full(Float32, 0.6, 128, benchWidth/2)
		return s.Rotate(x, table, table, s.Ints(positions, benchRows), benchHeads)
	}, benchWide)
}

func BenchmarkGateSiLU(b *testing.B) {
	benchmark(b, func(s *Scope, x, y *Tensor) *Tensor { return s.Gate(x, y, SiLU) }, benchInner)
}

func BenchmarkGateGELU(b *testing.B) {
	benchmark(b, func(s *Scope, x, y *Tensor) *Tensor { return s.Gate(x, y, GELUTanh) }, benchInner)
}

func BenchmarkSumAlone(b *testing.B) {
	benchmark(b, func(_ *Scope, x, _ *Tensor) *Tensor { return x }, benchInner)
}
