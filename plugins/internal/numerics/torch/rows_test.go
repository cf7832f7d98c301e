package torch

import (
	"math"
	"strings"
	"testing"
)

func TestABagIsASumOfWeightedRows(t *testing.T) {
	with(t, func(s *Scope) {
		table := s.Train(s.Floats([]float32{1, 2, 3, 4, 5, 6}, 3, 2))
		bags := s.Bag(table, s.Ints([]int64{2, 0, 2}, 3), s.Ints([]int64{0, 2, 2}, 3), s.Floats([]float32{1, 10, 0.5}, 3))
		near(t, "bags", s.Read(bags), []float32{5 + 10, 6 + 20, 0, 0, 2.5, 3}, 1e-6)
		s.Backward(s.Sum(s.Mul(bags, s.Floats([]float32{1, 2, 7, 7, 4, 8}, 3, 2))))
		near(t, "gradient", s.Grad(table), []float32{10, 20, 0, 0, 1 + 2, 2 + 4}, 1e-6)
	})
}

func TestRowsChangeInPlace(t *testing.T) {
	with(t, func(s *Scope) {
		table := s.Train(s.Floats([]float32{1, 2, 3, 4, 5, 6}, 3, 2))
		s.SetRows(table, s.Ints([]int64{2, 0}, 2), s.Floats([]float32{7, 8, 9, 10}, 2, 2))
		s.AddRows(table, s.Ints([]int64{1}, 1), s.Floats([]float32{0.5, 0.25}, 1, 2))
		near(t, "table", s.Read(table), []float32{9, 10, 3.5, 4.25, 7, 8}, 0)
		if s.Gradient(table) != nil {
			t.Error("a leaf without a gradient has one")
		}
		s.Backward(s.Sum(s.Square(table)))
		near(t, "gradient", s.Read(s.Gradient(table)), []float32{18, 20, 7, 8.5, 14, 16}, 0)
	})
}

func TestFunctionsOfSingleNumbersAndSums(t *testing.T) {
	with(t, func(s *Scope) {
		a := s.Floats([]float32{1, 2, 4, 0.5}, 2, 2)
		each := func(f func(float64) float64) (want []float32) {
			for _, x := range []float64{1, 2, 4, 0.5} {
				want = append(want, float32(f(x)))
			}
			return want
		}
		sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
		near(t, "exp", s.Read(s.Exp(a)), each(math.Exp), 1e-6)
		near(t, "log", s.Read(s.Log(a)), each(math.Log), 1e-6)
		near(t, "sqrt", s.Read(s.Sqrt(a)), each(math.Sqrt), 1e-6)
		near(t, "sigmoid", s.Read(s.Sigmoid(a)), each(sigmoid), 1e-6)
		near(t, "log sigmoid", s.Read(s.LogSigmoid(a)), each(func(x float64) float64 { return math.Log(sigmoid(x)) }), 1e-6)
		near(t, "at least", s.Read(s.AtLeast(a, 1.5)), []float32{1.5, 2, 4, 1.5}, 0)
		near(t, "shift", s.Read(s.Shift(a, -1)), []float32{0, 1, 3, -0.5}, 0)
		near(t, "div", s.Read(s.Div(a, s.Floats([]float32{2, 4}, 2))), []float32{0.5, 0.5, 2, 0.125}, 0)
		near(t, "sums of rows", s.Read(s.SumLast(a)), []float32{3, 4.5}, 0)
		near(t, "sums of columns", s.Read(s.SumFirst(a)), []float32{5, 2.5}, 0)
		near(t, "logsumexp", s.Read(s.LogSumExp(a)), []float32{float32(math.Log(math.Exp(1) + math.Exp(2))), float32(math.Log(math.Exp(4) + math.Exp(0.5)))}, 1e-6)
		near(t, "joined", s.Read(s.Join(1, a, s.SumLast(a))), []float32{1, 2, 3, 4, 0.5, 4.5}, 0)
	})
}

// Two sequences of two steps and of one, one input and one unit:
// r = s(.5x + .2h), z = s(-x + .3h + .1), n = tanh(2x + r (.4h + .6)), h' = (1-z) n + z h.
func TestGatedUnitsWorkedByHand(t *testing.T) {
	unit := func(x, h float64) float64 {
		r, z := 1/(1+math.Exp(-(.5*x+.2*h))), 1/(1+math.Exp(-(-x+.3*h+.1)))
		return (1-z)*math.Tanh(2*x+r*(.4*h+.6)) + z*h
	}
	with(t, func(s *Scope) {
		x := s.Floats([]float32{1, -0.5, 0.25}, 3, 1) // first steps of both, then the second of the first
		got := s.GRU(x, []int64{2, 1}, s.Floats([]float32{.5, -1, 2}, 3, 1), s.Floats([]float32{.2, .3, .4}, 3, 1),
			s.Floats([]float32{0, .1, 0}, 3), s.Floats([]float32{0, 0, .6}, 3))
		first := unit(1, 0)
		near(t, "states", s.Read(got), []float32{float32(first), float32(unit(-0.5, 0)), float32(unit(0.25, first))}, 1e-6)
		s.GRU(x, nil, x, x, x, x)
		if s.Err() == nil || !strings.Contains(s.Err().Error(), "no steps") {
			t.Errorf("error %v", s.Err())
		}
	})
}
