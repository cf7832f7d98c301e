package nn

import (
	"math/rand/v2"
	"testing"

	"cllm4rec/plugins/internal/numerics/torch"
)

func TestALoneKeyGivesNoGradientToQueriesAndKeysOnAnyKernel(t *testing.T) {
	const sequences, heads, wide = 24, 4, 64
	starts := make([]int64, sequences+1)
	for i := range starts {
		starts[i] = int64(i)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	x := [4][]float32{}
	for i := range x {
		x[i] = Normal(rng, sequences*wide, 1)
	}
	for _, kernel := range []Kernel{Packed, SDPA, Plain} {
		t.Run(string(kernel), func(t *testing.T) {
			if _, err := Choose(string(kernel), torch.CPU); err != nil {
				t.Skipf("SKIPPED: %v", err)
			}
			on(t, func(s *torch.Scope) {
				leaf := func(i int) *torch.Tensor { return s.Train(s.Floats(x[i], sequences, wide)) }
				q, k, v := leaf(0), leaf(1), leaf(2)
				bias := s.Floats(x[3][:heads], heads, 1) // with a gradient of its own, SDPA is not fused
				seq := NewSequences(s, starts, kernel)
				y := Attention{Kernel: kernel, Heads: heads, Scale: 0.25, Causal: true}.Apply(s, q, k, v, seq, seq, bias, nil)
				near(t, "result", s.Read(y), x[2], 0)
				s.Backward(s.Sum(s.Mul(y, s.Floats(x[3], sequences, wide))))
				for name, leaf := range map[string]*torch.Tensor{"queries": q, "keys": k} {
					for _, g := range s.Grad(leaf) {
						if g != 0 {
							t.Fatalf("%s get a gradient of %g", name, g)
						}
					}
				}
				near(t, "gradient of values", s.Grad(v), x[3], 0)
			})
		})
	}
}
