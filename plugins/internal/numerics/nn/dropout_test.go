package nn

import (
	"math/rand/v2"
	"testing"

	"cllm4rec/plugins/internal/numerics/torch"
)

// layered is a small transformer with every place that drops: two towers of rows,
// self- and cross-attention, and a last layer of picked rows only.
type layered struct {
	weights *torch.Tensor // [8,8]
	picked  []int64
}

func (l layered) forward(s *torch.Scope, on bool, x, y *torch.Tensor, to, from *Sequences, d *Dropout) *torch.Tensor {
	attend := Attention{Kernel: Packed, Heads: 4, Groups: 2, Scale: 0.4}
	self := attend
	self.Causal, self.Groups = true, 4
	d.Source()
	y = d.Embed(s, y)
	keys := s.Narrow(y, 1, 0, 4)
	d.Text()
	x = d.Embed(s, x)
	x = Layer(s, on, d, func(s *torch.Scope, d *Dropout, in ...*torch.Tensor) *torch.Tensor {
		h := d.AddTo(s, in[0], self.Apply(s, in[0], in[0], in[0], to, to, nil, d))
		h = d.AddTo(s, h, attend.Apply(s, h, in[1], in[1], to, from, nil, d))
		return d.AddTo(s, h, d.Inside(s, s.MatMul(h, l.weights)))
	}, x, keys)
	d.Picked()
	x = s.Rows(x, s.Ints(l.picked, int64(len(l.picked))))
	lora := &LoRA{A: s.Narrow(l.weights, 0, 0, 2), B: s.Narrow(l.weights, 1, 0, 2), Scale: 2, Dropout: 0.3}
	x = Layer(s, on, d, func(s *torch.Scope, d *Dropout, in ...*torch.Tensor) *torch.Tensor {
		return d.AddTo(s, in[0], Linear{W: l.weights, OutIn: true, LoRA: lora}.Apply(s, in[0], d))
	}, x)
	return d.Finish(s, x)
}

func rates() *Dropout {
	return &Dropout{Embedding: 0.2, Attention: 0.3, Residual: 0.25, Inner: 0.4, Final: 0.1, Seed: 7}
}

func TestPartsOfABatchDrawWhatTheWholeBatchDraws(t *testing.T) {
	if !torch.Able().Packed {
		t.Skip("libtorch's own dropout depends on the shape")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	x, y, w := Normal(rng, 20*8, 1), Normal(rng, 15*8, 1), Normal(rng, 64, 1)
	on(t, func(s *torch.Scope) {
		run := func(x, y []float32, to, from, picked []int64, d *Dropout) []float32 {
			l := layered{s.Floats(w, 8, 8), picked}
			return s.Read(l.forward(s, false, s.Floats(x, int64(len(x)/8), 8), s.Floats(y, int64(len(y)/8), 8),
				NewSequences(s, to, Packed), NewSequences(s, from, Packed), d))
		}
		whole := run(x, y, []int64{0, 5, 12, 20}, []int64{0, 4, 9, 15}, []int64{3, 4, 9, 17, 19}, rates())
		first := run(x[:12*8], y[:9*8], []int64{0, 5, 12}, []int64{0, 4, 9}, []int64{3, 4, 9}, rates())
		rest := rates()
		rest.Base = Base{Rows: 12, Source: 9, Picked: 3, Sequences: 2}
		near(t, "both parts", append(first, run(x[12*8:], y[9*8:], []int64{0, 8}, []int64{0, 6}, []int64{5, 7}, rest)...), whole, 1e-6)
		other := run(x, y, []int64{0, 5, 12, 20}, []int64{0, 4, 9, 15}, []int64{3, 4, 9, 17, 19}, nil)
		if same(whole, other) {
			t.Error("nothing was dropped")
		}
	})
}

func same(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestCheckpointedLayersGiveTheSameGradientsBitForBit(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x, y, w := Normal(rng, 20*8, 1), Normal(rng, 15*8, 1), Normal(rng, 64, 1)
	for name, learns := range map[string][3]bool{"inputs and weights": {true, true, true}, "weights alone": {false, false, true},
		"inputs alone": {true, true, false}, "one input": {false, true, false}} {
		on(t, func(s *torch.Scope) {
			var got [2][][]float32
			for i, checkpoint := range []bool{false, true} {
				leaves := []*torch.Tensor{s.Floats(x, 20, 8), s.Floats(y, 15, 8), s.Floats(w, 8, 8)}
				for j, learn := range learns {
					if learn {
						s.Train(leaves[j])
					}
				}
				l := layered{leaves[2], []int64{3, 4, 9, 17, 19}}
				out := l.forward(s, checkpoint, s.Scale(leaves[0], 2), s.Scale(leaves[1], 3), NewSequences(s, []int64{0, 5, 12, 20}, Packed),
					NewSequences(s, []int64{0, 4, 9, 15}, Packed), rates())
				s.Backward(s.Sum(s.Square(out)))
				got[i] = append(got[i], s.Read(out))
				for j, learn := range learns {
					if learn {
						got[i] = append(got[i], s.Grad(leaves[j]))
					}
				}
			}
			for i := range got[0] {
				if len(got[0][i]) == 0 || !same(got[0][i], got[1][i]) {
					t.Errorf("%s: result %d differs under checkpointing", name, i)
				}
			}
		})
	}
}
