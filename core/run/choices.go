package run

import (
	"context"
	"errors"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// Searched is how far the search of a method on a data set is.
type Searched struct {
	Dataset, Method int
	Tried           int // configurations that have a record
	Over            bool
}

// errUntried ends a search that only looks for records.
var errUntried = errors.New("the next configuration has no record")

// TakeChoices takes into a plan what searches chose whose configurations all have
// records, and says how far each search is. It runs nothing; without a store nothing has
// a record. A configuration whose plugin died counts as tried, unless it is to be tried again.
func TakeChoices(ctx context.Context, plan *experiment.Plan, store *record.Store, again bool) ([]Searched, error) {
	var all []Searched
	for d := range plan.Datasets {
		for m := range plan.Methods {
			if plan.Methods[m].Search == nil {
				continue
			}
			s := newSearching(plan, d, m, &sync.Mutex{})
			s.measure = func(_ context.Context, trying *experiment.Plan) (*record.Record, bool, error) {
				rec, err := recalled(store, trying, again)
				return rec, false, err
			}
			c, err := s.run(ctx)
			if err == nil {
				err = plan.Choose(*c)
			}
			if err != nil && !errors.Is(err, errUntried) {
				return nil, err
			}
			all = append(all, Searched{Dataset: d, Method: m, Tried: len(s.tried), Over: err == nil})
		}
	}
	return all, nil
}

// recalled is the record of a configuration; errUntried where there is none.
func recalled(store *record.Store, trying *experiment.Plan, again bool) (*record.Record, error) {
	if store == nil {
		return nil, errUntried
	}
	rec, err := found(store, trying)
	if errors.Is(err, contract.ErrNotFound) || err == nil && rec.Died && again {
		return nil, errUntried
	}
	return rec, err
}
