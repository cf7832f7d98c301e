package torch

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestAttentionOfSequencesWithoutKeysOrQueries(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	with(t, func(s *Scope) {
		q, k, v := s.Train(s.Floats(random(rng, 40), 5, 8)), s.Train(s.Floats(random(rng, 16), 4, 4)), s.Train(s.Floats(random(rng, 16), 4, 4))
		y := s.PackedAttention(q, k, v, nil, []int64{0, 2, 2, 5}, []int64{0, 0, 3, 4}, Heads{Heads: 2, Groups: 1, Scale: 1})
		s.Backward(s.Sum(s.Square(y)))
		out, dq, dk, dv, values := s.Read(y), s.Grad(q), s.Grad(k), s.Grad(v), s.Read(v)
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		near(t, "output without keys", out[:16], make([]float32, 16), 0)
		near(t, "query gradient without keys", dq[:16], make([]float32, 16), 0)
		near(t, "key gradient without queries", dk[:12], make([]float32, 12), 0)
		near(t, "value gradient without queries", dv[:12], make([]float32, 12), 0)
		near(t, "output of a single key", out[16:20], values[12:], 1e-6)
	})
}

// Attention with dropout is linear in the values: sum(w y) = <v, gradient of v>.
func TestGroupedCrossAttentionDropsTheSameWeightsBackward(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	with(t, func(s *Scope) {
		q, k, v := s.Train(s.Floats(random(rng, 90*16), 90, 16)), s.Floats(random(rng, 100*8), 100, 8), s.Train(s.Floats(random(rng, 100*8), 100, 8))
		y := s.PackedAttention(q, k, v, nil, []int64{0, 20, 90}, []int64{0, 70, 100}, Heads{Heads: 4, Groups: 2, Scale: 0.3, Drop: Drop{Rate: 0.25, Seed: 99}})
		loss := s.Sum(s.Mul(y, s.Floats(random(rng, 90*16), 90, 16)))
		s.Backward(loss)
		grad, inner := s.Grad(v), float32(0)
		for i, x := range s.Read(v) {
			inner += x * grad[i]
		}
		near(t, "loss", []float32{float32(s.Scalar(loss))}, []float32{inner}, 1e-4)
	})
}

func TestAttentionInBfloat16FollowsFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	values := random(rng, 70*24)
	with(t, func(s *Scope) {
		full, half := s.Floats(values, 70, 24), s.Cast(s.Floats(values, 70, 24), BFloat16)
		h := Heads{Heads: 2, Scale: 0.5}
		y := s.FusedAttention(half, []int64{0, 3, 70}, h)
		if y.DType() != BFloat16 {
			t.Errorf("the result is %v", y.DType())
		}
		near(t, "output", s.Read(y), s.Read(s.FusedAttention(full, []int64{0, 3, 70}, h)), 1e-2)
	})
}

func TestAttentionNamesWhatDoesNotFit(t *testing.T) {
	for want, call := range map[string]func(s *Scope){
		"sequence 0 has 2 queries and 3 keys": func(s *Scope) {
			s.PackedAttention(s.Zeros(3, 4), s.Zeros(4, 4), s.Zeros(4, 4), nil, []int64{0, 2, 3}, []int64{0, 3, 4}, Heads{Heads: 2, Causal: true})
		},
		"sequences end at 3 and 5": func(s *Scope) {
			s.PackedAttention(s.Zeros(3, 4), s.Zeros(4, 4), s.Zeros(4, 4), nil, []int64{0, 3}, []int64{0, 5}, Heads{Heads: 2})
		},
		"2 sequences look at 1": func(s *Scope) {
			s.PackedAttention(s.Zeros(3, 4), s.Zeros(4, 4), s.Zeros(4, 4), nil, []int64{0, 1, 3}, []int64{0, 4}, Heads{Heads: 2})
		},
		"3 heads, 2 groups": func(s *Scope) {
			s.PackedAttention(s.Zeros(3, 6), s.Zeros(3, 4), s.Zeros(3, 4), nil, []int64{0, 3}, []int64{0, 3}, Heads{Heads: 3, Groups: 2})
		},
		"bias is [2, 5], expected [2, 7]": func(s *Scope) {
			s.PackedAttention(s.Zeros(3, 4), s.Zeros(4, 4), s.Zeros(4, 4), s.Zeros(2, 5), []int64{0, 3}, []int64{0, 4}, Heads{Heads: 2})
		},
	} {
		with(t, func(s *Scope) {
			call(s)
			if s.Err() == nil || !strings.Contains(s.Err().Error(), want) {
				t.Errorf("error %v, expected %q", s.Err(), want)
			}
		})
	}
}

// The softmax over one key is 1 whatever its score, so that the gradient of query
// and key is zero, and not what rounding leaves: Adam would make steps of that.
func TestALoneKeyGivesItsQueryNoGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	values := random(rng, 3*5*64)
	for _, drop := range []float64{0, 0.5} {
		with(t, func(s *Scope) {
			q, k, v := s.Train(s.Floats(values[:5*64], 5, 64)), s.Train(s.Floats(values[5*64:10*64], 5, 64)), s.Train(s.Floats(values[10*64:], 5, 64))
			starts := []int64{0, 1, 2, 3, 4, 5}
			y := s.PackedAttention(q, k, v, nil, starts, starts, Heads{Heads: 2, Groups: 2, Scale: 0.7, Drop: Drop{Rate: drop, Seed: 5}})
			s.Backward(s.Sum(s.Mul(y, s.Square(y))))
			near(t, "gradient of the queries", s.Grad(q), make([]float32, 5*64), 0)
			near(t, "gradient of the keys", s.Grad(k), make([]float32, 5*64), 0)
			if g := s.Grad(v); slices.Max(g) == 0 {
				t.Error("the values got no gradient")
			}
		})
	}
}

func TestRotationNamesAPositionWithoutAngles(t *testing.T) {
	needsKernels(t)
	with(t, func(s *Scope) {
		s.Rotate(s.Zeros(2, 8), s.Zeros(5, 2), s.Zeros(5, 2), s.Ints([]int64{0, 5}, 2), 2)
		if s.Err() == nil || !strings.Contains(s.Err().Error(), "position 5 of 5") {
			t.Fatalf("error: %v", s.Err())
		}
	})
}
