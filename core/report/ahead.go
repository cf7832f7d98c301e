package report

import (
	"errors"
	"runtime"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"

	"golang.org/x/sync/errgroup"
)

// ahead is a Source whose records and values of users were read at once, by all processors.
type ahead struct {
	Source
	records map[string]*record.Record // by key; of trials without one none
	users   map[string]*record.Users
}

// readAhead reads what a table of the splits asks for.
func readAhead(from Source, plan *experiment.Plan, splits []int, part contract.Part) (*ahead, error) {
	var keys []string
	for _, t := range plan.Trials {
		if slices.Contains(splits, t.Dataset) {
			keys = append(keys, t.Key)
		}
	}
	records, users := make([]*record.Record, len(keys)), make([]*record.Users, len(keys))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, key := range keys {
		group.Go(func() (err error) {
			records[i], err = from.Load(key)
			if errors.Is(err, contract.ErrNotFound) {
				return nil
			}
			if err == nil && records[i].Status == record.Done {
				users[i], err = from.Users(records[i], string(part))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	a := &ahead{from, map[string]*record.Record{}, map[string]*record.Users{}}
	for i, key := range keys {
		if records[i] != nil {
			a.records[key], a.users[key] = records[i], users[i]
		}
	}
	return a, nil
}

// Load is that of Source.
func (a *ahead) Load(key string) (*record.Record, error) {
	if rec := a.records[key]; rec != nil {
		return rec, nil
	}
	return a.Source.Load(key)
}

// Users is that of Source.
func (a *ahead) Users(rec *record.Record, part string) (*record.Users, error) {
	if users := a.users[rec.Key]; users != nil {
		return users, nil
	}
	return a.Source.Users(rec, part)
}
