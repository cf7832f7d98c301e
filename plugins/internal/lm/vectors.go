package lm

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// vectorBytes is about what a chunk of vectors holds.
const vectorBytes = 1 << 20

// TowerVectors streams the soft tokens of users or items of a tower, float32
// [n, K], in ascending order of index.
func (e *Engine) TowerVectors(_ context.Context, name string, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	t, err := e.tower("TowerVectors", name)
	if err != nil {
		return err
	}
	var values []float32
	err = e.do(func(s *torch.Scope) error {
		switch entity {
		case contract.EntityItem:
			s.NoGrad(func() { values = s.Read(t.itemTable(s)) })
		case contract.EntityUser:
			values = s.Read(t.user)
		default:
			return contract.Errorf(contract.ErrInvalid, "TowerVectors: the entity is %q, expected one of %v", entity, contract.Entities())
		}
		return nil
	})
	if err != nil {
		return err
	}
	return inChunks(values, e.shape.Hidden, entity, yield)
}

// inChunks hands out a matrix [n, width] some rows at a time.
func inChunks(values []float32, width int, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	rows, most := len(values)/width, max(1, vectorBytes/(4*width))
	for lo := 0; lo < rows; lo += most {
		hi := min(lo+most, rows)
		c := &contract.FeatureChunk{Name: "tower", Entity: entity, Width: width, Dense: values[lo*width : hi*width]}
		for row := lo; row < hi; row++ {
			c.Rows = append(c.Rows, int32(row))
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}
