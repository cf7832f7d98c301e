package run

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/record"
)

// keep stores what is wanted of a trained model beside its record: the vectors that
// other trials take, and the model itself.
func (x *execution) keep(ctx context.Context, m method) error {
	for _, entity := range x.plan.Exports(x.event.Trial.Method) {
		if err := x.export(ctx, m, contract.Entity(entity)); err != nil {
			return fmt.Errorf("the %s vectors: %w", entity, err)
		}
	}
	if !x.KeepModels {
		return nil
	}
	dir, err := x.Store.ModelDir(x.event.Trial.Key)
	if err != nil {
		return err
	}
	if err := m.save(ctx, dir); err != nil {
		return fmt.Errorf("the model cannot be kept: %w", err)
	}
	x.rec.Model, err = x.Store.KeptModel(x.event.Trial.Key)
	return err
}

// export stores the vectors of users or items.
func (x *execution) export(ctx context.Context, m method, entity contract.Entity) error {
	users, items := x.split.Users.Len(), x.split.Items.Len()
	all := &record.Matrix{Rows: items}
	if entity == contract.EntityUser {
		all.Rows = users
	}
	err := m.vectors(ctx, entity, func(c *contract.FeatureChunk) error {
		if err := c.Check(users, items); err != nil {
			return err
		}
		return place(all, c, entity)
	})
	if err != nil {
		return err
	}
	if all.Width == 0 {
		return contract.Errorf(contract.ErrBadData, "the plugin gave none")
	}
	stored, err := x.Store.SaveVectors(x.event.Trial.Key, entity, all)
	x.rec.Vectors = append(x.rec.Vectors, stored)
	return err
}

// place copies the rows of a chunk to where they belong; a row that no chunk has
// stays zero.
func place(all *record.Matrix, c *contract.FeatureChunk, entity contract.Entity) error {
	if all.Width == 0 {
		all.Width, all.Values = c.Width, make([]float32, all.Rows*c.Width)
	}
	if c.Entity != entity || c.Width != all.Width || c.Offsets != nil {
		return contract.Errorf(contract.ErrBadData, "the plugin gave %s vectors of width %d (sparse: %v), expected dense ones of width %d", c.Entity, c.Width, c.Offsets != nil, all.Width)
	}
	for i, row := range c.Rows {
		copy(all.Values[int(row)*all.Width:], c.Dense[i*c.Width:(i+1)*c.Width])
	}
	return nil
}
