package baseline

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Features is one feature matrix [n, Width] of all users or items; a row that the
// stream did not have is zero. One of Dense and Sparse is set.
type Features struct {
	Name   string
	Entity contract.Entity
	Width  int
	Dense  []float32   // row-major, n*Width
	Sparse *linalg.CSR // [n x Width]

	n             int
	seen          []bool
	rows, columns []int32 // of a sparse matrix, until finish
	values        []float32
}

// feature takes a chunk of a matrix.
func (g *gatherer) feature(c *contract.FeatureChunk) error {
	if err := c.Check(g.spec.Users, g.spec.Items); err != nil {
		return err
	}
	f, err := g.matrix(c)
	if err != nil {
		return err
	}
	for i, row := range c.Rows {
		if f.seen[row] {
			return contract.Errorf(contract.ErrBadData, "features %q have two rows for %s %d", f.Name, f.Entity, row)
		}
		f.seen[row] = true
		if f.Dense != nil {
			copy(f.Dense[int(row)*f.Width:], c.Dense[i*f.Width:(i+1)*f.Width])
			continue
		}
		for k := c.Offsets[i]; k < c.Offsets[i+1]; k++ {
			f.rows, f.columns, f.values = append(f.rows, row), append(f.columns, c.Columns[k]), append(f.values, c.Values[k])
		}
	}
	return nil
}

// matrix is the one that a chunk belongs to; a new one when its name is new.
func (g *gatherer) matrix(c *contract.FeatureChunk) (*Features, error) {
	for _, f := range g.data.Features {
		if f.Name != c.Name || f.Entity != c.Entity {
			continue
		}
		if f.Width != c.Width || (f.Dense == nil) != (c.Offsets != nil) {
			return nil, contract.Errorf(contract.ErrBadData, "features %q have width %d after %d, or are dense and sparse", c.Name, c.Width, f.Width)
		}
		return f, nil
	}
	n := sizeOf(c.Entity, g.spec)
	f := &Features{Name: c.Name, Entity: c.Entity, Width: c.Width, n: n, seen: make([]bool, n)}
	if c.Offsets == nil {
		what := fmt.Sprintf("features %q [%d x %d]", c.Name, n, c.Width)
		if err := RoomFor(4*float64(n)*float64(c.Width), what, "give narrower features, or sparse ones"); err != nil {
			return nil, err
		}
		f.Dense = make([]float32, n*c.Width)
	}
	g.data.Features = append(g.data.Features, f)
	return f, nil
}

// finish lays a sparse matrix out in rows.
func (f *Features) finish() {
	if f.Dense == nil {
		f.Sparse = linalg.FromTriplets(f.n, f.Width, f.rows, f.columns, f.values)
	}
	f.seen, f.rows, f.columns, f.values = nil, nil, nil, nil
}

// chunkBytes is about how much a chunk of vectors holds.
const chunkBytes = 1 << 20

// YieldRows streams a dense matrix [len(values)/width, width], as contract.VectorSource
// gives vectors: in chunks of about a mebibyte, in ascending order of index.
func YieldRows(ctx context.Context, name string, entity contract.Entity, width int, values []float32, yield func(*contract.FeatureChunk) error) error {
	rows, step := len(values)/width, max(1, chunkBytes/(4*width))
	for lo := 0; lo < rows; lo += step {
		hi := min(lo+step, rows)
		c := &contract.FeatureChunk{Name: name, Entity: entity, Width: width, Dense: values[lo*width : hi*width]}
		for row := lo; row < hi; row++ {
			c.Rows = append(c.Rows, int32(row))
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return ctx.Err()
}
