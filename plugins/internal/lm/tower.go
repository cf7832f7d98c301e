package lm

import (
	"context"
	"math/rand/v2"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// tower is what trains: user [I,K] and item [J,K] soft tokens and, by its mode,
// weights of the language model or low-rank additions to them.
type tower struct {
	name         string
	users, items int
	train        contract.Trainable
	scope        *torch.Scope // owns all that follows
	leaves       []leaf       // user, item, bias, the mode's in a fixed order, then W of a map
	user, item   *torch.Tensor
	bias         *torch.Tensor // b [J,1]; nil: there is none
	mapped       *itemMap      // nil: item is Z^v itself
	own          *nn.Weights   // of a model that is not the engine's; nil when only tokens train
	model        Model         // of own, unless its weights are rounded anew in each step
	adam         *nn.Adam      // nil until the first training
	mentioned    mentions
	newcomers    bool // made of another tower: users alone are leaves
}

// leaf is one trained tensor, by the name that it has in a tower's file.
type leaf struct {
	name   string
	tensor *torch.Tensor
}

// OpenTower makes a tower, replacing one of the same name.
func (e *Engine) OpenTower(_ context.Context, spec contract.TowerSpec) error {
	if err := e.loaded("OpenTower"); err != nil {
		return err
	}
	if err := spec.Check(); err != nil {
		return err
	}
	return e.place(spec, func(t *tower) error { return t.draw(spec) })
}

// place builds a tower on the device, has it filled, and only then lets go of the
// one before it.
func (e *Engine) place(spec contract.TowerSpec, fill func(*tower) error) error {
	return e.do(func(s *torch.Scope) error {
		t := &tower{name: spec.Name, users: spec.Users, items: spec.Items, train: spec.Train, scope: s.Nested(), mentioned: newMentions(spec.Users, spec.Items)}
		k := int64(e.shape.Hidden)
		t.user = t.leaf(tableUser, t.scope.Zeros(int64(spec.Users), k))
		t.item = t.leaf(tableItem, t.scope.Zeros(int64(spec.Items), k))
		if spec.ItemBias {
			t.bias = t.leaf(biasItem, t.scope.Zeros(int64(spec.Items), 1))
		}
		err := e.extend(t, spec)
		if err == nil {
			err = fill(t)
		}
		if err == nil {
			err = t.scope.Err()
		}
		if err != nil {
			t.scope.Close()
			return err
		}
		e.drop(spec.Name)
		e.towers[spec.Name] = t
		return nil
	})
}

// leaf makes a tensor one that trains.
func (t *tower) leaf(name string, x *torch.Tensor) *torch.Tensor {
	t.leaves = append(t.leaves, leaf{name, t.scope.Train(x)})
	return x
}

func (t *tower) tensors() []*torch.Tensor {
	all := make([]*torch.Tensor, len(t.leaves))
	for i, l := range t.leaves {
		all[i] = l.tensor
	}
	return all
}

// draw sets the soft tokens at random: N(0, InitStd^2).
func (t *tower) draw(spec contract.TowerSpec) error {
	rng := rand.New(rand.NewPCG(spec.Seed, 0x746f776572)) // "tower"
	for _, x := range []*torch.Tensor{t.user, t.item} {
		t.scope.Write(x, nn.Normal(rng, int(x.Size(0)*x.Size(1)), spec.InitStd))
	}
	return nil
}

// optimiser makes Adam where there is none, or forgets its state.
func (t *tower) optimiser(fresh bool) {
	if t.adam == nil {
		t.adam = nn.NewAdam(t.scope, t.tensors()...)
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
