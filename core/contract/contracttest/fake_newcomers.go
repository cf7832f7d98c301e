package contracttest

import (
	"context"
	"slices"

	"cllm4rec/core/contract"
)

// OpenNewcomers makes a tower for users and items that another one was not trained on.
func (b *FakeBackbone) OpenNewcomers(_ context.Context, spec contract.NewcomerSpec) error {
	of, err := b.tower(spec.Of)
	if err == nil {
		err = spec.Check()
	}
	if err == nil && of.guests {
		err = contract.Errorf(contract.ErrInvalid, "tower %q is itself for newcomers", spec.Of)
	}
	if err == nil && spec.Items == contract.ItemsOfMap && of.width == 0 {
		err = contract.Errorf(contract.ErrInvalid, "the items of tower %q are no map of features", spec.Of)
	}
	var from *fakeTower
	if err == nil && spec.Items == contract.ItemsOfTower {
		from, err = b.tower(spec.From)
		if err == nil && (from.users != of.users || from.items != of.items) {
			err = contract.Errorf(contract.ErrInvalid, "tower %q has other users and items than %q", spec.From, spec.Of)
		}
	}
	if err != nil {
		return err
	}
	t := of.withUsers(spec.Users)
	if spec.Items != contract.ItemsAsTheyAre {
		t.placeItems(of, from)
	}
	b.towers[spec.Name] = t
	return nil
}

// withUsers is a tower with further users at the mean of those that training mentioned.
func (t *fakeTower) withUsers(n int) *fakeTower {
	k, count := t.hidden, 0.0
	mean := make([]float64, k)
	for u := range t.users {
		if t.mentioned[u] {
			count++
			for j := range k {
				mean[j] += t.z[u*k+j]
			}
		}
	}
	for j := range mean {
		mean[j] /= max(count, 1)
	}
	out := *t
	out.users, out.guests = t.users+n, true
	out.z = slices.Concat(t.z[:t.users*k], slices.Repeat(mean, n), t.z[t.users*k:])
	out.m, out.v, out.steps = make([]float64, len(out.z)), make([]float64, len(out.z)), 0
	out.mentioned = slices.Concat(t.mentioned[:t.users], make([]bool, n), t.mentioned[t.users:])
	if t.biasAt > 0 {
		out.biasAt += n * k
	}
	return &out
}

// placeItems gives items that of was not trained on their token in another tower, or the
// residual zero.
func (t *fakeTower) placeItems(of, from *fakeTower) {
	k, head := t.hidden, t.itemHead()
	own := t.z[t.users*k : t.rows()*k]
	for j := range t.items {
		if of.mentioned[of.users+j] || from != nil && !from.mentioned[from.users+j] {
			continue
		}
		for i := j * k; i < (j+1)*k; i++ {
			if from == nil {
				own[i] = 0
			} else {
				own[i] += from.itemHead()[i] - head[i]
			}
		}
		if t.biasAt > 0 {
			t.z[t.biasAt+j] = 0
		}
	}
}
