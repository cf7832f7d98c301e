package torch

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// with runs body on an executor of two threads and checks that nothing leaked.
func with(t *testing.T, body func(s *Scope)) {
	t.Helper()
	e, err := Start(2)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		body(s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if e.Live() != 0 {
		t.Fatalf("%d tensors outlived their scope", e.Live())
	}
}

func random(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// needsKernels skips what only our kernels promise, where this build has none.
func needsKernels(t *testing.T) {
	t.Helper()
	if !Able().Packed {
		t.Skip("this build uses libtorch's own operations alone")
	}
}

func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d values, expected %d", what, len(got), len(want))
	}
	top, worst := 0.0, 0.0
	for i := range want {
		top = max(top, math.Abs(float64(want[i])))
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
	}
	if !(worst <= tolerance*top) {
		t.Fatalf("%s is off by %.3g of %.3g", what, worst, top)
	}
}

func TestErrorsNameOperationAndShapes(t *testing.T) {
	with(t, func(s *Scope) {
		s.MatMul(s.Zeros(2, 3), s.Zeros(2, 3))
		if s.Err() == nil || !strings.Contains(s.Err().Error(), "matmul([2 3], [2 3])") || strings.Contains(s.Err().Error(), "frame #") {
			t.Fatalf("error: %v", s.Err())
		}
		if got := s.Add(s.Zeros(1), s.Zeros(1)); got.Shape() != nil {
			t.Fatal("a failed scope went on computing")
		}
	})
}

func TestDeadTensorIsAnErrorNotACrash(t *testing.T) {
	with(t, func(s *Scope) {
		inner := s.Nested()
		x := inner.Zeros(2)
		inner.Close()
		s.Add(x, x)
		if !errors.Is(s.Err(), errDead) {
			t.Fatalf("error: %v", s.Err())
		}
	})
}

func TestAdoptedTensorOutlivesItsScope(t *testing.T) {
	with(t, func(s *Scope) {
		inner := s.Nested()
		x := s.Adopt(inner.Floats([]float32{1, 2}, 2))
		inner.Close()
		near(t, "values", s.Read(x), []float32{1, 2}, 0)
	})
}

func TestLackOfMemoryIsItsOwnError(t *testing.T) {
	with(t, func(s *Scope) {
		s.Zeros(1<<40, 1<<10)
		if !errors.Is(s.Err(), contract.ErrOutOfMemory) {
			t.Fatalf("error: %v", s.Err())
		}
	})
}

func TestNoGradRecordsNothingAndRestores(t *testing.T) {
	with(t, func(s *Scope) {
		x := s.Train(s.Floats([]float32{3}, 1))
		var y *Tensor
		s.NoGrad(func() { s.NoGrad(func() {}); y = s.Square(x) })
		inner := s.Nested()
		inner.Backward(inner.Sum(y))
		if inner.Err() == nil {
			t.Fatal("a gradient was recorded")
		}
		inner.Close()
		s.Backward(s.Sum(s.Square(x)))
		near(t, "gradient", s.Grad(x), []float32{6}, 0)
	})
}

// plainAttention is the textbook form, one sequence and head at a time.
func plainAttention(s *Scope, qkv *Tensor, starts []int64, heads, width int64, scale float64) *Tensor {
	var docs []*Tensor
	for d := range len(starts) - 1 {
		n := starts[d+1] - starts[d]
		x := s.Permute(s.Reshape(s.Narrow(qkv, 0, starts[d], n), n, 3, heads, width), 1, 2, 0, 3) // [3,H,T,D]
		part := func(i int64) *Tensor { return s.Reshape(s.Narrow(x, 0, i, 1), heads, n, width) }
		mask := make([]float32, n*n)
		for i := range n {
			for j := i + 1; j < n; j++ {
				mask[i*n+j] = float32(math.Inf(-1))
			}
		}
		p := s.Softmax(s.Add(s.Scale(s.MatMul(part(0), s.Transpose(part(1), 1, 2)), scale), s.Floats(mask, n, n)))
		docs = append(docs, s.Reshape(s.Permute(s.MatMul(p, part(2)), 1, 0, 2), n, heads*width))
	}
	return s.Cat(docs...)
}

func TestFusedAttentionEqualsTheTextbook(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	starts, heads, width := []int64{0, 1, 8, 138, 202}, int64(3), int64(8)
	rows := starts[len(starts)-1]
	values, weights := random(rng, int(rows*3*heads*width)), random(rng, int(rows*heads*width))
	with(t, func(s *Scope) {
		var outs, grads [2][]float32
		for i := range outs {
			x := s.Train(s.Floats(values, rows, 3*heads*width))
			var y *Tensor
			if i == 0 {
				y = plainAttention(s, x, starts, heads, width, 0.4)
			} else {
				y = s.FusedAttention(x, starts, Heads{Heads: int(heads), Scale: 0.4})
			}
			s.Backward(s.Sum(s.Mul(y, s.Floats(weights, rows, heads*width))))
			outs[i], grads[i] = s.Read(y), s.Grad(x)
		}
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		near(t, "output", outs[1], outs[0], 1e-5)
		near(t, "gradient", grads[1], grads[0], 1e-5)
	})
}

// With dropout the function is still differentiable in v: attention is linear in
// it, so sum(w y) = <v, gradient of v> exactly.
func TestFusedAttentionDropsTheSameWeightsBackward(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const rows, wide = 90, 16
	with(t, func(s *Scope) {
		values := random(rng, rows*3*wide)
		x := s.Train(s.Floats(values, rows, 3*wide))
		y := s.FusedAttention(x, []int64{0, 20, rows}, Heads{Heads: 2, Scale: 0.3, Drop: Drop{Rate: 0.25, Seed: 99}})
		loss := s.Sum(s.Mul(y, s.Floats(random(rng, rows*wide), rows, wide)))
		s.Backward(loss)
		grad, inner := s.Grad(x), 0.0
		for r := range rows {
			for c := 2 * wide; c < 3*wide; c++ {
				inner += float64(values[r*3*wide+c]) * float64(grad[r*3*wide+c])
			}
		}
		if got := s.Scalar(loss); math.Abs(got-inner) > 1e-4*math.Abs(got) {
			t.Fatalf("loss %v, <v, dv> %v", got, inner)
		}
	})
}

func TestDropoutRateMeanAndGradient(t *testing.T) {
	const n = 200_000
	ones := make([]float32, n)
	for i := range ones {
		ones[i] = 1
	}
	with(t, func(s *Scope) {
		x := s.Train(s.Floats(ones, n))
		y := s.DropoutAdd(x, s.Zeros(n), Drop{Rate: 0.1, Seed: 5})
		s.Backward(s.Sum(y))
		values, dropped := s.Read(y), 0
		for _, v := range values {
			if v == 0 {
				dropped++
			}
		}
		if math.Abs(float64(dropped)-0.1*n) > 5*math.Sqrt(0.09*n) {
			t.Fatalf("dropped %d of %d at rate 0.1", dropped, n)
		}
		near(t, "gradient", s.Grad(x), values, 0)
		alone := s.Train(s.Floats(ones, n))
		s.Backward(s.Sum(s.Dropout(alone, Drop{Rate: 0.1, Seed: 5})))
		near(t, "gradient without residual", s.Grad(alone), values, 0)
		if again := s.Read(s.Dropout(x, Drop{Rate: 0.1, Seed: 6})); countEqual(again, values) > n*9/10 {
			t.Fatal("another seed drops the same elements")
		}
	})
}

func countEqual(a, b []float32) (n int) {
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

func TestGELUFormsAgreeWithTheirFormulas(t *testing.T) {
	var xs, tanhForm, exact, slope []float32
	for x := -8.0; x <= 8; x += 0.03125 {
		u := math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
		th := math.Tanh(u)
		xs = append(xs, float32(x))
		tanhForm = append(tanhForm, float32(x/2*(1+th)))
		exact = append(exact, float32(x/2*(1+math.Erf(x/math.Sqrt2))))
		slope = append(slope, float32((1+th)/2+x/2*(1-th*th)*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x)))
	}
	with(t, func(s *Scope) {
		x := s.Train(s.Floats(xs, int64(len(xs))))
		y := s.Activate(x, GELUTanh)
		near(t, "tanh form", s.Read(y), tanhForm, 2e-7)
		near(t, "exact form", s.Read(s.Activate(x, GELU)), exact, 2e-7)
		s.Backward(s.Sum(y))
		near(t, "slope", s.Grad(x), slope, 4e-6)
	})
}

// HeadLoss against log-softmax in float64, several targets per row and none.
func TestHeadLossAndGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const rows, hidden, words = 7, 5, 11
	h, w := random(rng, rows*hidden), random(rng, words*hidden)
	starts, targets := []int64{0, 1, 1, 4, 5, 6, 7, 8}, []int64{3, 0, 3, 10, 2, 2, 5, 10}
	loss, dh, dw := headLoss(h, w, rows, hidden, words, starts, targets)
	with(t, func(s *Scope) {
		th, tw := s.Train(s.Floats(h, rows, hidden)), s.Train(s.Floats(w, words, hidden))
		got := s.HeadLoss(th, tw, starts, targets)
		s.Backward(s.Scale(got, 0.5))
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		near(t, "loss", []float32{float32(s.Scalar(got))}, []float32{float32(loss)}, 1e-6)
		near(t, "hidden gradient", s.Grad(th), dh, 1e-6)
		near(t, "table gradient", s.Grad(tw), dw, 1e-6)
	})
}

// headLoss is the plain double loop; the gradients are of half the loss.
func headLoss(h, w []float32, rows, hidden, words int, starts, targets []int64) (loss float64, dh, dw []float32) {
	dh, dw = make([]float32, len(h)), make([]float32, len(w))
	for r := range rows {
		logits, sum := make([]float64, words), 0.0
		for v := range words {
			for k := range hidden {
				logits[v] += float64(h[r*hidden+k]) * float64(w[v*hidden+k])
			}
			sum += math.Exp(logits[v])
		}
		for _, t := range targets[starts[r]:starts[r+1]] {
			loss += math.Log(sum) - logits[t]
			for v := range words {
				g := math.Exp(logits[v]) / sum
				if int64(v) == t {
					g--
				}
				for k := range hidden {
					dh[r*hidden+k] += float32(g / 2 * float64(w[v*hidden+k]))
					dw[v*hidden+k] += float32(g / 2 * float64(h[r*hidden+k]))
				}
			}
		}
	}
	return loss, dh, dw
}

func TestGradNormSeesNaN(t *testing.T) {
	with(t, func(s *Scope) {
		x := s.Train(s.Floats([]float32{3, 4}, 2))
		s.Backward(s.Sum(s.Scale(s.Square(x), 0.5)))
		if got := s.GradNorm([]*Tensor{x}); math.Abs(got-5) > 1e-12 {
			t.Fatalf("norm %v, expected 5", got)
		}
		s.Backward(s.Sum(s.Scale(x, math.NaN())))
		if got := s.GradNorm([]*Tensor{x}); !math.IsNaN(got) {
			t.Fatalf("norm %v, expected NaN", got)
		}
	})
}

// torch.optim.Adam's formula in float64, dense: a row without gradient moves on.
func TestAdamFollowsItsFormula(t *testing.T) {
	with(t, func(s *Scope) {
		p, m, v := s.Train(s.Floats([]float32{1, -2, 0.5}, 3)), s.Zeros(3), s.Zeros(3)
		want, first, second := []float64{1, -2, 0.5}, make([]float64, 3), make([]float64, 3)
		for step := int64(1); step <= 5; step++ {
			g := []float64{0.3, -0.02 * float64(step), 0}
			if step == 3 {
				g = []float64{0, 0, 0}
			} else {
				s.Backward(s.Sum(s.Mul(p, s.Floats([]float32{float32(g[0]), float32(g[1]), 0}, 3))))
			}
			s.Adam([]*Tensor{p}, []*Tensor{m}, []*Tensor{v}, AdamStep{Rate: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Clip: 1, Step: step})
			s.ClearGrad([]*Tensor{p})
			for i := range want {
				first[i] = 0.9*first[i] + 0.1*g[i]
				second[i] = 0.999*second[i] + 0.001*g[i]*g[i]
				hat := second[i] / (1 - math.Pow(0.999, float64(step)))
				want[i] -= 0.01 * first[i] / (1 - math.Pow(0.9, float64(step))) / (math.Sqrt(hat) + 1e-8)
			}
		}
		near(t, "parameters", s.Read(p), []float32{float32(want[0]), float32(want[1]), float32(want[2])}, 1e-6)
	})
}

func TestThousandsOfStepsKeepMemoryFlat(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	step := func() error {
		s := e.Scope(CPU)
		defer s.Close()
		x := s.Train(s.Zeros(64, 96))
		y := s.DropoutAdd(s.FusedAttention(x, []int64{0, 30, 64}, Heads{Heads: 4, Scale: 1, Drop: Drop{Rate: 0.1, Seed: 1}}), s.Zeros(64, 32), Drop{Rate: 0.1, Seed: 2})
		norm, angles, positions := s.Train(s.Zeros(32)), s.Zeros(1, 4), s.Ints(make([]int64, 64), 64)
		y = s.Checkpoint(func(s *Scope, in ...*Tensor) *Tensor {
			h := s.Rotate(s.RMSNorm(in[0], norm, 1e-6), angles, angles, positions, 4)
			h = s.PackedAttention(h, s.Narrow(h, 1, 0, 16), s.Narrow(h, 1, 16, 16), s.Zeros(4, 67), []int64{0, 30, 64}, []int64{0, 30, 64}, Heads{Heads: 4, Groups: 2})
			return s.Gate(h, s.Cast(s.Cast(h, BFloat16), Float32), SiLU)
		}, y)
		s.Backward(s.HeadLoss(s.Activate(y, GELUTanh), s.Zeros(50, 32), make([]int64, 65), nil))
		return s.Err()
	}
	var before int64
	for i := range 2000 {
		if err := e.Do(step); err != nil {
			t.Fatal(err)
		}
		if e.Live() != 0 {
			t.Fatalf("%d tensors alive after step %d", e.Live(), i)
		}
		if i == 200 {
			before = resident(t)
		}
	}
	if grown := resident(t) - before; grown > 8<<20 {
		t.Fatalf("resident memory grew by %d bytes", grown)
	}
}

// resident is the process's RSS in bytes.
func resident(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc here: memory is not measured")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// The host tells a plugin its share of the processors by GOMAXPROCS.
func TestNoNumberOfThreadsIsWhatTheHostAllows(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	e, err := Start(0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Threads() != 1 {
		t.Errorf("%d threads where one is allowed", e.Threads())
	}
}
