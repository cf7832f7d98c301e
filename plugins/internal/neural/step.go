package neural

import (
	"fmt"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Step is what a model computes one batch with: the operations of a Scope, its
// parameters, and everything random.
type Step struct {
	*torch.Scope
	Draws    *Draws // of this step
	Seed     uint64 // of the trial
	Epoch    int    // from 1
	Number   int64  // steps of the optimiser before this one, over all epochs
	Phase    string
	Training bool // false while ranking: nothing is dropped
	Sizes    Sizes
	Kernel   nn.Kernel // of attention

	params  *Parameters
	lookups []lookup
	maps    []symmetric
}

// lookup is one look into a sparse table: the distinct rows, and a leaf that
// gathers their gradients.
type lookup struct {
	of   *parameter
	rows []int64
	leaf *torch.Tensor // [n,K]
}

// P is a parameter as a whole.
func (s *Step) P(name string) *torch.Tensor { return s.parameter(name).value }

func (s *Step) parameter(name string) *parameter {
	t := s.params.byName[name]
	if t == nil {
		s.Fail(fmt.Errorf("the model has no parameter %q", name))
		return &parameter{}
	}
	return t
}

// LookUp picks rows of a table or a dense tensor: ids [n] -> [n,K].
func (s *Step) LookUp(name string, ids []int64) *torch.Tensor {
	t := s.parameter(name)
	if t.kind != sparse || !s.Training {
		return s.Rows(t.value, s.Ints(ids, int64(len(ids))))
	}
	rows, at := Distinct(ids)
	leaf := s.Train(s.Rows(t.value, s.Ints(rows, int64(len(rows))))) // [distinct,K]
	s.lookups = append(s.lookups, lookup{t, rows, leaf})
	return s.Rows(leaf, s.Ints(at, int64(len(at))))
}

// Distinct are the distinct ids, rising, and where each of ids stands among them: what
// is computed of a row may be computed once.
func Distinct(ids []int64) (rows, at []int64) {
	rows = slices.Compact(slices.Sorted(slices.Values(ids)))
	at = make([]int64, len(ids))
	for i, id := range ids {
		place, _ := slices.BinarySearch(rows, id) // it is there
		at[i] = int64(place)
	}
	return rows, at
}

// SetBuffer gives a buffer new values.
func (s *Step) SetBuffer(name string, values *torch.Tensor) {
	s.Write(s.P(name), s.Read(values))
}

// Linear is x W + b with the parameters name.weight [I,O] and name.bias [O].
func (s *Step) Linear(name string, x *torch.Tensor) *torch.Tensor {
	return s.Affine(s.P(name+".bias"), x, s.P(name+".weight"))
}

// Drop is dropout in training.
func (s *Step) Drop(x *torch.Tensor, rate float64) *torch.Tensor {
	if !s.Training || rate == 0 {
		return x
	}
	return s.Dropout(x, torch.Drop{Rate: rate, Seed: s.Draws.Uint64()})
}

// AttentionDropout is what nn.Attention takes; nil drops nothing.
func (s *Step) AttentionDropout(rate float64) *nn.Dropout {
	if !s.Training || rate == 0 {
		return nil
	}
	return &nn.Dropout{Attention: rate, Seed: s.Draws.Uint64()}
}

// Norm normalises rows of x [S,K] to mean 0 and variance 1 and scales them by
// name.weight and name.bias [K] (Ba et al. 2016). It is the root mean square norm of
// x less its mean, whose gradients do not depend on the threads as libtorch's do.
func (s *Step) Norm(name string, x *torch.Tensor, eps float64) *torch.Tensor {
	centred := s.Sub(x, s.Scale(s.SumLast(x), 1/float64(x.Size(1)))) // [S,K]
	return s.Add(s.RMSNorm(centred, s.P(name+".weight"), eps), s.P(name+".bias"))
}

// leaves are all that gathers gradients.
func (s *Step) leaves() []*torch.Tensor {
	var all []*torch.Tensor
	for _, t := range s.params.list {
		if t.kind == dense {
			all = append(all, t.value)
		}
	}
	for _, l := range s.lookups {
		all = append(all, l.leaf)
	}
	return all
}

// rowGradients adds up the gradients of all looks into a table: the distinct rows,
// ascending, and [n,K]; nil where there was none.
func (s *Step) rowGradients(t *parameter) (rows []int64, g *torch.Tensor) {
	var own []lookup
	for _, l := range s.lookups {
		if l.of == t && s.Gradient(l.leaf) != nil {
			own, rows = append(own, l), append(rows, l.rows...)
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	if len(own) == 1 {
		return rows, s.Gradient(own[0].leaf)
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	g = s.Zeros(int64(len(rows)), t.shape[1])
	for _, l := range own {
		at := make([]int64, len(l.rows))
		for i, row := range l.rows {
			place, _ := slices.BinarySearch(rows, row) // it is there
			at[i] = int64(place)
		}
		s.AddRows(g, s.Ints(at, int64(len(at))), s.Gradient(l.leaf))
	}
	return rows, g
}

// learn goes back through the loss and moves what the phase trains; on an error
// nothing has moved.
func (s *Step) learn(loss *torch.Tensor, phase Phase) (float64, error) {
	s.backward(loss)
	defer func() { s.Nested().ClearGrad(s.leaves()) }() // also where this scope has failed
	value, norm := s.Scalar(loss), s.GradNorm(s.leaves())
	if err := s.Err(); err != nil {
		return 0, err
	}
	if value-value != 0 || norm-norm != 0 {
		return 0, contract.Errorf(contract.ErrNonFinite, "loss %v, norm of the gradient %v", value, norm)
	}
	for _, t := range s.params.list {
		if phase.Trains == nil || phase.Trains(t.name) {
			s.move(t, phase.Rate)
		}
	}
	return value, s.Err()
}

func (s *Step) move(t *parameter, rate float64) {
	switch t.kind {
	case dense:
		moveDense(s.Scope, t, rate)
	case sparse:
		if rows, g := s.rowGradients(t); rows != nil {
			moveRows(s.Scope, t, s.Ints(rows, int64(len(rows))), g, rate)
		}
	}
}
