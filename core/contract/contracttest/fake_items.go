package contracttest

import (
	"context"
	"iter"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// MapItems gives the items of a tower features; W [K, G] is the last of the tower's
// numbers.
func (b *FakeBackbone) MapItems(ctx context.Context, spec contract.ItemMapSpec, features iter.Seq2[*contract.FeatureChunk, error]) error {
	t, err := b.tower(spec.Tower)
	if err == nil {
		err = spec.Check()
	}
	if err == nil && t.width > 0 {
		err = contract.Errorf(contract.ErrInvalid, "the items of tower %q are a map of features already", spec.Tower)
	}
	if err != nil {
		return err
	}
	all := make([]float64, t.items*spec.Width)
	for c, err := range features {
		if err == nil {
			err = c.Check(t.users, t.items)
		}
		if err == nil && (c.Entity != contract.EntityItem || c.Width != spec.Width || c.Offsets != nil) {
			err = contract.Errorf(contract.ErrBadData, "features %q are not dense ones of items of width %d", c.Name, spec.Width)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		for i, row := range c.Rows {
			for k, v := range c.Dense[i*c.Width : (i+1)*c.Width] {
				all[int(row)*c.Width+k] = float64(v)
			}
		}
	}
	clear(t.itemHead())
	t.mapTo(all, spec.Width)
	copy(t.weight(), normals(t.hidden*spec.Width, 1/math.Sqrt(float64(spec.Width)), spec.Seed))
	return nil
}

// mapTo makes room for W, and forgets Adam's moments.
func (t *fakeTower) mapTo(features []float64, width int) {
	t.features, t.width = features, width
	t.z = slices.Concat(t.z, make([]float64, t.hidden*width))
	t.m, t.v, t.steps = make([]float64, len(t.z)), make([]float64, len(t.z)), 0
}

// weight is W; empty without a map.
func (t *fakeTower) weight() []float64 { return t.z[len(t.z)-t.hidden*t.width:] }

// itemHead is Z^v [J, K]: what stands there, and W g_j where there is a map.
func (t *fakeTower) itemHead() []float64 {
	own := t.z[t.users*t.hidden : t.rows()*t.hidden]
	if t.width == 0 {
		return own
	}
	head := slices.Clone(own)
	t.eachWeight(func(w, item, feature int) { head[item] += t.weight()[w] * t.features[feature] })
	return head
}

// eachWeight visits the places of a weight, of the number of an item token to which it
// adds, and of the feature by which it is multiplied.
func (t *fakeTower) eachWeight(visit func(w, item, feature int)) {
	for j := range t.items {
		for k := range t.hidden {
			for g := range t.width {
				visit(k*t.width+g, j*t.hidden+k, j*t.width+g)
			}
		}
	}
}

// mapGradient takes the gradient of the item tokens to W.
func (t *fakeTower) mapGradient(grad []float64) {
	items, weights := grad[t.users*t.hidden:], grad[len(grad)-t.hidden*t.width:]
	t.eachWeight(func(w, item, feature int) { weights[w] += items[item] * t.features[feature] })
}

// soft are the soft tokens, users first [I+J, K].
func (t *fakeTower) soft() []float64 {
	return slices.Concat(t.z[:t.users*t.hidden], t.itemHead())
}

// addBiases adds the biases of the items to logits [J].
func (t *fakeTower) addBiases(logits []float64) {
	if t.biasAt == 0 {
		return
	}
	for i := range logits {
		logits[i] += t.z[t.biasAt+i]
	}
}
