package lm

import (
	"context"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/nn"
	"cllm4rec/plugins/internal/numerics/torch"
)

// itemMap makes item tokens of features: Z^v = G W^T + D, where D is the tower's item
// table and W trains beside it.
type itemMap struct {
	weight   *torch.Tensor // W [K,G]
	features *torch.Tensor // G [J,G], fixed
}

// The names of a map in a tower's file.
const (
	mapItem      = "map.item"      // W
	featuresItem = "features.item" // G
)

// itemTable is Z^v [J,K] of a tower, over what trains.
func (t *tower) itemTable(s *torch.Scope) *torch.Tensor {
	if t.mapped == nil {
		return t.item
	}
	return s.Add(t.mapped.of(s, t.mapped.features), t.item)
}

// itemRows are some rows of Z^v, without the others: [n,K].
func (t *tower) itemRows(s *torch.Scope, at *torch.Tensor) *torch.Tensor {
	own := s.Rows(t.item, at)
	if t.mapped == nil {
		return own
	}
	return s.Add(t.mapped.of(s, s.Rows(t.mapped.features, at)), own)
}

// of maps features [n,G] to [n,K].
func (m *itemMap) of(s *torch.Scope, features *torch.Tensor) *torch.Tensor {
	return s.MatMul(features, s.Transpose(m.weight, 0, 1))
}

// MapItems gives the items of a tower features, once all of them are there.
func (e *Engine) MapItems(ctx context.Context, spec contract.ItemMapSpec, chunks iter.Seq2[*contract.FeatureChunk, error]) error {
	t, err := e.tower("MapItems", spec.Tower)
	if err == nil {
		err = spec.Check()
	}
	if err != nil {
		return err
	}
	if t.mapped != nil {
		return contract.Errorf(contract.ErrInvalid, "the items of tower %q are a map of features already", spec.Tower)
	}
	features, err := gatherFeatures(ctx, t, spec, chunks)
	if err != nil {
		return err
	}
	return e.do(func(*torch.Scope) error {
		t.mapItems(features, spec.Width, e.shape.Hidden)
		rng := rand.New(rand.NewPCG(spec.Seed, 0x6d6170)) // "map"
		t.scope.Write(t.mapped.weight, nn.Normal(rng, e.shape.Hidden*spec.Width, 1/math.Sqrt(float64(spec.Width))))
		t.scope.Write(t.item, make([]float32, t.items*e.shape.Hidden))
		return t.scope.Err()
	})
}

// mapItems makes room for W [K,G] over features [J,G]; an optimiser that did not know
// W is forgotten.
func (t *tower) mapItems(features []float32, g, k int) {
	t.mapped = &itemMap{
		weight:   t.leaf(mapItem, t.scope.Zeros(int64(k), int64(g))),
		features: t.scope.Floats(features, int64(t.items), int64(g)),
	}
	t.adam = nil
}

// gatherFeatures reads features [J,G].
func gatherFeatures(ctx context.Context, t *tower, spec contract.ItemMapSpec, chunks iter.Seq2[*contract.FeatureChunk, error]) ([]float32, error) {
	all := make([]float32, t.items*spec.Width)
	for c, err := range chunks {
		if err == nil {
			err = c.Check(t.users, t.items)
		}
		if err == nil && (c.Entity != contract.EntityItem || c.Width != spec.Width || c.Offsets != nil) {
			err = contract.Errorf(contract.ErrBadData, "features %q describe %ss by %d columns (sparse: %v), expected items by %d columns, dense", c.Name, c.Entity, c.Width, c.Offsets != nil, spec.Width)
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		for i, row := range c.Rows {
			copy(all[int(row)*spec.Width:], c.Dense[i*spec.Width:(i+1)*spec.Width])
		}
	}
	return all, nil
}

// residuals are the residuals of the batch's distinct items, [n,K]; nil without any.
func (h *forwardPass) residuals() *torch.Tensor {
	_, items := h.batch.tableRows()
	if len(items) == 0 {
		return nil
	}
	return h.scope.Rows(h.tower.item, h.scope.Ints(items, int64(len(items))))
}

// mapShapes are those of a map in a tower's file, by name; none where it has no map.
// ErrBadData when one half of it is missing.
func mapShapes(file *safetensors.File, items, k int) (map[string][]int, error) {
	names := file.Names()
	hasW, hasG := slices.Contains(names, mapItem), slices.Contains(names, featuresItem)
	if !hasW && !hasG {
		return nil, nil
	}
	view, err := file.Tensor(featuresItem)
	if err != nil {
		return nil, err
	}
	if len(view.Shape) != 2 || view.Shape[1] == 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: tensor %q has shape %v, expected rows of features", file.Path(), featuresItem, view.Shape)
	}
	return map[string][]int{featuresItem: {items, view.Shape[1]}, mapItem: {k, view.Shape[1]}}, nil
}

// restoreMap makes the map that a tower's file has, before its leaves are read.
func (t *tower) restoreMap(file *safetensors.File) error {
	if !slices.Contains(file.Names(), featuresItem) {
		return nil
	}
	view, err := file.Tensor(featuresItem)
	if err != nil {
		return err
	}
	features, err := view.Float32s()
	if err == nil {
		t.mapItems(features, view.Shape[1], int(t.item.Size(1)))
	}
	return err
}
