package baseline

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Data is all of a training stream, in memory.
type Data struct {
	X     *linalg.CSR // [users x items], binary
	Times []int64     // of X's entries, in their order; nil when the data have none
	// Side holds the pseudo-users [rows x items] with their weights, those of one name
	// after those of the names that came before it; nil without any.
	Side       *linalg.CSR
	Features   []*Features // in the order in which their names came
	Texts      []contract.TrainText
	Attributes []*contract.TrainAttributes // one for each chunk
}

// Stacked is X above Side: the pseudo-users as further users. A row of weight w adds
// w^2 to a Gram matrix.
func (d *Data) Stacked() *linalg.CSR { return d.X.Above(d.Side) }

// Gather reads a training stream with everything that a plugin may ask for. Values are
// ignored: an interaction counts as 1. What is out of order, out of range, of another
// width or given twice is an ErrBadData that names it.
func Gather(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) (*Data, error) {
	g := gatherer{spec: spec, data: &Data{}, side: sides{items: spec.Items}}
	x, err := collect(ctx, spec, train, progress, g.add)
	if err != nil {
		return nil, err
	}
	d := g.data
	d.X = x
	if d.Times != nil && len(d.Times) != x.NNZ() {
		return nil, contract.Errorf(contract.ErrBadData, "%d of %d training interactions have times", len(d.Times), x.NNZ())
	}
	if d.Side, err = g.side.matrix(); err != nil {
		return nil, err
	}
	for _, f := range d.Features {
		f.finish()
	}
	return d, nil
}

// gatherer takes what stands beside the interactions.
type gatherer struct {
	spec contract.FitSpec
	data *Data
	side sides
}

func (g *gatherer) add(c *contract.TrainChunk) error {
	d := g.data
	d.Times = append(d.Times, c.Times...)
	d.Texts = append(d.Texts, c.Texts...)
	for _, t := range c.Texts {
		if err := checkText(t, g.spec); err != nil {
			return err
		}
	}
	if c.Attributes != nil {
		d.Attributes = append(d.Attributes, c.Attributes)
		if err := checkAttributes(c.Attributes, g.spec); err != nil {
			return err
		}
	}
	if c.Side != nil {
		if err := g.side.add(c.Side); err != nil {
			return err
		}
	}
	if c.Features != nil {
		return g.feature(c.Features)
	}
	return nil
}

func checkText(t contract.TrainText, spec contract.FitSpec) error {
	if t.User < -1 || int(t.User) >= spec.Users || t.Item < -1 || int(t.Item) >= spec.Items {
		return contract.Errorf(contract.ErrBadData, "a text of kind %q is about user %d and item %d, outside %d users and %d items", t.Kind, t.User, t.Item, spec.Users, spec.Items)
	}
	return nil
}

func checkAttributes(a *contract.TrainAttributes, spec contract.FitSpec) error {
	n := sizeOf(a.Entity, spec)
	if a.Len(a.Type) != len(a.Rows) {
		return contract.Errorf(contract.ErrBadData, "attribute %q has %d values for %d rows", a.Name, a.Len(a.Type), len(a.Rows))
	}
	for _, row := range a.Rows {
		if row < 0 || int(row) >= n {
			return contract.Errorf(contract.ErrBadData, "attribute %q has a value for %s %d, outside 0..%d", a.Name, a.Entity, row, n-1)
		}
	}
	return nil
}

// sizeOf is how many users or items there are.
func sizeOf(e contract.Entity, spec contract.FitSpec) int {
	if e == contract.EntityUser {
		return spec.Users
	}
	return spec.Items
}
