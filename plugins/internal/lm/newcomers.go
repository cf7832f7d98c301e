package lm

import (
	"context"
	"errors"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// OpenNewcomers makes a tower for users and items that another one was not trained on.
func (e *Engine) OpenNewcomers(_ context.Context, spec contract.NewcomerSpec) error {
	of, err := e.tower("OpenNewcomers", spec.Of)
	if err == nil {
		err = spec.Check()
	}
	if err != nil {
		return err
	}
	items, err := e.unmentionedItems(of, spec)
	if err != nil {
		return err
	}
	return e.do(func(s *torch.Scope) error {
		t := &tower{name: spec.Name, users: of.users + spec.Users, items: of.items, scope: s.Nested(), newcomers: true,
			mentioned: mentions{slices.Concat(of.mentioned.users, make([]bool, spec.Users)), slices.Clone(of.mentioned.items)}}
		s.NoGrad(func() {
			t.user = t.scope.Adopt(of.usersAnd(s, spec.Users))
			t.item, t.bias = items.of(s, of)
		})
		t.scope.Adopt(t.item)
		if t.bias != nil {
			t.scope.Adopt(t.bias)
		}
		t.leaf(tableUser, t.user)
		e.lend(of, t)
		if err := errors.Join(s.Err(), t.scope.Err()); err != nil {
			t.scope.Close()
			return err
		}
		e.drop(t.name)
		e.towers[t.name] = t
		return nil
	})
}

// usersAnd are a tower's user tokens and behind them n times the mean of those that
// training mentioned: [I+n,K].
func (t *tower) usersAnd(s *torch.Scope, n int) *torch.Tensor {
	weights, count := make([]float32, t.users), float32(0)
	for _, yes := range t.mentioned.users {
		if yes {
			count++
		}
	}
	for i, yes := range t.mentioned.users {
		if yes {
			weights[i] = 1 / count
		}
	}
	k := t.user.Size(1)
	if t.users == 0 {
		return s.Zeros(int64(n), k)
	}
	mean := s.MatMul(s.Floats(weights, 1, int64(t.users)), t.user) // [1,K]
	return s.Cat(t.user, s.Expand(mean, int64(n), k))
}

// lend gives a tower the language model that another one trains, without training it.
func (e *Engine) lend(of, t *tower) {
	if of.own == nil {
		return
	}
	t.own = &nn.Weights{Tensors: map[string]*torch.Tensor{}, Kernel: e.kernel, LoRA: map[string]*nn.LoRA{}}
	for name, x := range of.own.Tensors {
		t.own.Tensors[name] = outside(t.scope, x)
	}
	for name, l := range of.own.LoRA {
		t.own.LoRA[name] = &nn.LoRA{A: outside(t.scope, l.A), B: outside(t.scope, l.B), Scale: l.Scale}
	}
	if e.dtype == torch.Float32 {
		t.model = e.definition.Assemble(t.scope, t.own)
	}
}

// outside is the same numbers, in the same memory, outside every graph.
func outside(s *torch.Scope, x *torch.Tensor) (y *torch.Tensor) {
	s.NoGrad(func() { y = s.Reshape(x, x.Shape()...) })
	return y
}

// newItems are the items that a tower was not trained on and that are to be other than
// they are.
type newItems struct {
	rows []int64
	from *tower // whose tokens they take; nil: the map's of the tower
}

// unmentionedItems finds them.
func (e *Engine) unmentionedItems(of *tower, spec contract.NewcomerSpec) (n newItems, err error) {
	switch {
	case of.newcomers:
		return n, contract.Errorf(contract.ErrInvalid, "tower %q is itself for newcomers to another one", of.name)
	case spec.Items == contract.ItemsAsTheyAre:
		return n, nil
	case spec.Items == contract.ItemsOfMap && of.mapped == nil:
		return n, contract.Errorf(contract.ErrInvalid, "the items of tower %q are no map of features", of.name)
	case spec.Items == contract.ItemsOfTower:
		if n.from, err = e.tower("OpenNewcomers", spec.From); err == nil {
			err = alike(of, n.from)
		}
		if err != nil {
			return n, err
		}
	}
	for j, known := range of.mentioned.items {
		if !known && (n.from == nil || n.from.mentioned.items[j]) {
			n.rows = append(n.rows, int64(j))
		}
	}
	return n, nil
}

// of are the item tokens [J,K] of a tower with the new ones in place, and its biases
// [J,1], which are 0 for these; nil where it has none.
func (n newItems) of(s *torch.Scope, t *tower) (table, biases *torch.Tensor) {
	table = outside(s, t.itemTable(s))
	if t.bias != nil {
		biases = outside(s, t.bias)
	}
	if len(n.rows) == 0 {
		return table, biases
	}
	at := s.Ints(n.rows, int64(len(n.rows)))
	if n.from != nil {
		table = s.PutRows(table, at, n.from.itemRows(s, at))
	} else {
		table = s.PutRows(table, at, t.mapped.of(s, s.Rows(t.mapped.features, at)))
	}
	if biases != nil {
		biases = s.PutRows(biases, at, s.Zeros(int64(len(n.rows)), 1))
	}
	return table, biases
}
