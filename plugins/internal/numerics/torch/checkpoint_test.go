package torch

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
)

func TestCheckpointsInsideCheckpointsAndSharedInputs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := random(rng, 12)
	cube := func(s *Scope, in ...*Tensor) *Tensor { return s.Mul(s.Mul(in[0], in[0]), in[1]) }
	twice := func(s *Scope, in ...*Tensor) *Tensor {
		return s.Checkpoint(cube, s.Square(in[0]), s.Checkpoint(cube, in[0], in[1]))
	}
	with(t, func(s *Scope) {
		var grads, outs [2][]float32
		for i := range grads {
			x := s.Train(s.Floats(values, 3, 4))
			a, b := s.Scale(x, 0.5), s.Square(x)
			var y *Tensor
			if i == 0 {
				s.NoGrad(func() { twice(s, a, b) }) // no tape without gradients
				half := func(a, b *Tensor) *Tensor { return cube(s, s.Square(a), cube(s, a, b)) }
				y = s.Add(half(half(a, b), b), b)
			} else {
				y = s.Add(s.Checkpoint(twice, s.Checkpoint(twice, a, b), b), b) // b is used cut off and as it is
			}
			s.Backward(s.Sum(y))
			grads[i], outs[i] = s.Grad(x), s.Read(y)
		}
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		near(t, "output", outs[1], outs[0], 0)
		near(t, "gradient", grads[1], grads[0], 1e-6)
	})
}

func TestCheckpointKeepsNothingButInputAndOutput(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		x := s.Train(s.Zeros(4))
		before := e.Live()
		y := s.Checkpoint(func(s *Scope, in ...*Tensor) *Tensor {
			return s.Square(s.Square(s.Square(s.Square(in[0]))))
		}, x)
		if alive := e.Live() - before; alive != 1 {
			t.Errorf("%d tensors are alive after a checkpoint, expected 1", alive)
		}
		loss := s.Sum(y)
		s.Backward(loss)
		if alive := e.Live() - before; alive != 2 {
			t.Errorf("%d tensors are alive after the backward pass, expected output and loss", alive)
		}
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithoutGradientsALayerKeepsItsResultAlone(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	square := func(s *Scope, in ...*Tensor) *Tensor { return s.Square(s.Square(s.Square(in[0]))) }
	err = e.Do(func() error {
		s := e.Scope(CPU)
		defer s.Close()
		x := s.Floats([]float32{2, -1}, 2)
		before := e.Live()
		s.NoGrad(func() {
			below := s.Passing(square, x)
			y := s.Passing(square, below)
			if alive := e.Live() - before; alive != 2 {
				t.Errorf("%d tensors are alive after two layers, expected their results", alive)
			}
			s.Passed(below)
			if alive := e.Live() - before; alive != 1 {
				t.Errorf("%d tensors are alive after the first result has passed, expected 1", alive)
			}
			near(t, "result", s.Read(y), []float32{float32(math.Pow(2, 64)), 1}, 0)
		})
		before = e.Live()
		y := s.Passing(square, x)
		s.Passed(y)
		if alive := e.Live() - before; alive != 3 {
			t.Errorf("%d tensors are alive with gradients, expected all 3", alive)
		}
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestErrorInsideACheckpointIsTheScopes(t *testing.T) {
	wrong := errors.New("wrong")
	with(t, func(s *Scope) {
		calls := 0
		y := s.Checkpoint(func(s *Scope, in ...*Tensor) *Tensor {
			if calls++; calls == 2 {
				s.Fail(wrong)
			}
			return s.Square(in[0])
		}, s.Train(s.Zeros(2)))
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
		s.Backward(s.Sum(y))
		if !errors.Is(s.Err(), wrong) {
			t.Fatalf("error: %v", s.Err())
		}
	})
}

func TestCheckpointOfWhatNeedsNoGradient(t *testing.T) {
	with(t, func(s *Scope) {
		y := s.Checkpoint(func(s *Scope, in ...*Tensor) *Tensor { return s.Square(in[0]) }, s.Zeros(2))
		s.Backward(s.Sum(y))
		if s.Err() != nil {
			t.Fatal(s.Err())
		}
	})
}
