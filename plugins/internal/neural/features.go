package neural

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
)

// ItemFeatures are all feature matrices of items; ErrInvalid without any.
func (d *Data) ItemFeatures() ([]*baseline.Features, error) {
	var all []*baseline.Features
	for _, f := range d.Features {
		if f.Entity == contract.EntityItem {
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there are no item features: give the method some (features: ...)")
	}
	return all, nil
}

// ItemVectors is the one dense feature matrix of the items, [items, width], to begin
// an item table with. ErrInvalid where there is none, another one, or another width.
func (d *Data) ItemVectors(width int) ([]float32, error) {
	all, err := d.ItemFeatures()
	if err != nil {
		return nil, err
	}
	if f := all[0]; len(all) > 1 || f.Dense == nil || f.Width != width {
		return nil, contract.Errorf(contract.ErrInvalid, "embeddings of items can begin with one dense matrix of width %d; the first of %d item features, %q, has width %d (dense: %v)",
			width, len(all), f.Name, f.Width, f.Dense != nil)
	}
	return all[0].Dense, nil
}
