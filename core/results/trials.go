package results

import (
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// Store is where records are; *record.Store is one.
type Store interface {
	Load(key string) (*record.Record, error)
	Folder(key string) string
}

// ran is a trial of the plan that has a record.
type ran struct {
	*record.Record
	dataset string // with its split
	method  string
}

// trials are those of the plan that have a record, failed ones too, in its order. ErrNotFound
// where none has.
func trials(plan *experiment.Plan, from Store) ([]ran, error) {
	var all []ran
	for _, t := range plan.Trials {
		rec, err := from.Load(t.Key)
		if errors.Is(err, contract.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d := plan.Datasets[t.Dataset]
		all = append(all, ran{rec, d.Label(), plan.Methods[t.Method].Name})
	}
	if all == nil {
		return nil, contract.Errorf(contract.ErrNotFound, "no trial of %s has a record yet; `cllm4rec run` makes them", plan.Name)
	}
	return all, nil
}
