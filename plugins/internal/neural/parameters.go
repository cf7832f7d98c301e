package neural

import (
	"fmt"
	"hash/fnv"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Parameters are the named tensors of a model.
type Parameters struct {
	list   []*parameter
	byName map[string]*parameter
}

type parameter struct {
	name          string
	shape         []int64
	init          Init
	kind          kind
	value         *torch.Tensor
	first, second *torch.Tensor // Adam's moments; nil for a buffer
	steps         int64         // of Adam, so far
}

// kind says how a tensor is trained.
type kind int

const (
	dense  kind = iota // Adam on every element
	sparse             // Adam on the rows that a step looked up
	buffer             // not at all
)

// Dense declares a tensor that Adam moves as a whole in every step.
func (p *Parameters) Dense(name string, init Init, shape ...int) { p.add(name, dense, init, shape) }

// Table declares an embedding table [rows, width] of which a step moves only the
// rows that it looked up, at a cost that does not depend on the number of rows:
// Adam as torch.optim.SparseAdam computes it, whose moments rest while a row is
// not looked up.
func (p *Parameters) Table(name string, init Init, rows, width int) {
	p.add(name, sparse, init, []int{rows, width})
}

// Embeddings declares the embeddings of items or users: a Table, or, where whole is set, a
// Dense tensor. Adam's moments of a row go on moving it between two looks, so that rare
// rows learn several times as fast when all move in every step, as with PyTorch's own
// Embedding.
func (p *Parameters) Embeddings(name string, init Init, rows, width int, whole bool) {
	if whole {
		p.Dense(name, init, rows, width)
	} else {
		p.Table(name, init, rows, width)
	}
}

// Buffer declares a tensor of zeros that is not trained; a Finisher fills it.
func (p *Parameters) Buffer(name string, shape ...int) { p.add(name, buffer, Constant(0), shape) }

func (p *Parameters) add(name string, k kind, init Init, shape []int) {
	t := &parameter{name: name, kind: k, init: init}
	for _, d := range shape {
		t.shape = append(t.shape, int64(d))
	}
	if p.byName == nil {
		p.byName = map[string]*parameter{}
	}
	p.list = append(p.list, t)
	p.byName[name] = t
}

// copies is how many tensors of its size a parameter takes: itself, two moments and
// a gradient.
func (t *parameter) copies() float64 {
	return map[kind]float64{dense: 4, sparse: 3, buffer: 1}[t.kind]
}

// room refuses parameters that the memory cannot hold, naming the largest.
func (p *Parameters) room(plugin string, limit int64) error {
	total, largest := 0.0, p.list[0]
	for _, t := range p.list {
		total += 4 * t.copies() * float64(elements(t.shape))
		if elements(t.shape) > elements(largest.shape) {
			largest = t
		}
	}
	what := fmt.Sprintf("%s with its optimiser (the largest tensor is %s %v)", plugin, largest.name, largest.shape)
	if limit > 0 && total > float64(limit) {
		return contract.Errorf(contract.ErrOutOfMemory, "%s needs %.2f GB, and %.2f GB are allowed: %s", what, total/1e9, float64(limit)/1e9, fewer)
	}
	return baseline.RoomFor(total, what, fewer)
}

const fewer = "lower the dimensions, or keep fewer users and items (filter: {k_core: ...})"

// allocate gives every parameter its first values. Each draws from a stream of its
// own, so that a further parameter changes no other.
func (p *Parameters) allocate(s *torch.Scope, seed uint64) error {
	for _, t := range p.list {
		name := fnv.New64a()
		_, _ = name.Write([]byte(t.name)) // a hash takes everything
		p.place(s, t, t.init(NewDraws(seed, name.Sum64()), t.shape))
		if t.kind != buffer {
			t.first, t.second = s.Zeros(t.shape...), s.Zeros(t.shape...)
		}
	}
	return s.Err()
}

// place puts values into a parameter, as a leaf where Adam moves all of it.
func (p *Parameters) place(s *torch.Scope, t *parameter, values []float32) {
	t.value = s.Floats(values, t.shape...)
	if t.kind == dense {
		s.Train(t.value)
	}
}

// forget sets moments and steps back to zero.
func (p *Parameters) forget(s *torch.Scope) error {
	for _, t := range p.list {
		if t.kind != buffer {
			zeros := make([]float32, elements(t.shape))
			s.Write(t.first, zeros)
			s.Write(t.second, zeros)
		}
		t.steps = 0
	}
	return s.Err()
}
