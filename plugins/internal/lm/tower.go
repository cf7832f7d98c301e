package lm

import (
	"context"
	"math/rand/v2"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// tower is the soft tokens that train: user [I,K] and item [J,K].
type tower struct {
	name         string
	users, items int
	scope        *torch.Scope // owns all that follows
	user, item   *torch.Tensor
	adam         *nn.Adam // nil until the first training
}

// OpenTower makes a tower, replacing one of the same name.
func (e *Engine) OpenTower(_ context.Context, spec contract.TowerSpec) error {
	if err := e.loaded("OpenTower"); err != nil {
		return err
	}
	switch {
	case spec.Name == "":
		return contract.Errorf(contract.ErrInvalid, "a tower needs a name")
	case spec.Users < 0 || spec.Items <= 0:
		return contract.Errorf(contract.ErrInvalid, "tower %q has %d users and %d items, expected >= 0 and > 0", spec.Name, spec.Users, spec.Items)
	case !(spec.InitStd > 0):
		return contract.Errorf(contract.ErrInvalid, "tower %q: the initial standard deviation is %v, expected > 0", spec.Name, spec.InitStd)
	}
	k := e.model.Shape().Hidden
	rng := rand.New(rand.NewPCG(spec.Seed, 0x746f776572)) // "tower"
	user := nn.Normal(rng, spec.Users*k, spec.InitStd)
	return e.place(spec.Name, spec.Users, spec.Items, user, nn.Normal(rng, spec.Items*k, spec.InitStd), nil)
}

// moments are Adam's, as they are stored.
type moments struct {
	first, second [2][]float32 // of user and item
	steps         int64
}

// place puts a tower on the device and only then lets go of the one before it.
func (e *Engine) place(name string, users, items int, user, item []float32, m *moments) error {
	k := int64(e.model.Shape().Hidden)
	return e.do(func(s *torch.Scope) error {
		t := &tower{name: name, users: users, items: items, scope: s.Nested()}
		t.user = t.scope.Train(t.scope.Floats(user, int64(users), k))
		t.item = t.scope.Train(t.scope.Floats(item, int64(items), k))
		if m != nil {
			t.optimiser(false)
			for i, leaf := range []int64{int64(users), int64(items)} {
				t.adam.First[i] = t.scope.Floats(m.first[i], leaf, k)
				t.adam.Second[i] = t.scope.Floats(m.second[i], leaf, k)
			}
			t.adam.Steps = m.steps
		}
		if err := t.scope.Err(); err != nil {
			t.scope.Close()
			return err
		}
		e.drop(name)
		e.towers[name] = t
		return nil
	})
}

// optimiser makes Adam where there is none, or forgets its state.
func (t *tower) optimiser(fresh bool) {
	if t.adam == nil {
		t.adam = nn.NewAdam(t.scope, t.user, t.item)
	} else if fresh {
		t.adam.Reset(t.scope)
	}
}

// drop frees a tower; on the executor's thread.
func (e *Engine) drop(name string) {
	if t := e.towers[name]; t != nil {
		t.scope.Close()
		delete(e.towers, name)
	}
}

// CloseTower frees a tower.
func (e *Engine) CloseTower(_ context.Context, name string) error {
	if _, err := e.tower("CloseTower", name); err != nil {
		return err
	}
	return e.do(func(*torch.Scope) error { e.drop(name); return nil })
}

func (e *Engine) tower(call, name string) (*tower, error) {
	if err := e.loaded(call); err != nil {
		return nil, err
	}
	if t := e.towers[name]; t != nil {
		return t, nil
	}
	return nil, contract.Errorf(contract.ErrNotFound, "%s: there is no tower %q; open it first", call, name)
}

// read copies tensors of a tower in one piece of work.
func (e *Engine) read(tensors ...*torch.Tensor) ([][]float32, error) {
	values := make([][]float32, len(tensors))
	err := e.do(func(s *torch.Scope) error {
		for i, t := range tensors {
			values[i] = s.Read(t)
		}
		return nil
	})
	return values, err
}
