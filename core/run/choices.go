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
	order := plan.Order() // what a search needs is chosen before it
	for d := range plan.Datasets {
		for _, m := range order {
			if plan.Methods[m].Search == nil {
				continue
			}
			ready, err := needsFinished(plan, store, d, m)
			if err != nil {
				return nil, err
			}
			if !ready {
				all = append(all, Searched{Dataset: d, Method: m})
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

// needsFinished reports whether the trials that a search needs have finished records.
func needsFinished(plan *experiment.Plan, store *record.Store, dataset, method int) (bool, error) {
	needs, known := plan.SearchNeeds(dataset, method)
	if !known || len(needs) > 0 && store == nil {
		return false, nil
	}
	for _, need := range needs {
		rec, err := store.Load(need.Key)
		if errors.Is(err, contract.ErrNotFound) {
			return false, nil
		}
		if err != nil || !rec.Finishes() {
			return false, err
		}
	}
	return true, nil
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
