package run

import (
	"context"
	"errors"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// cell is where a trial, or a search (of seed 0), stands. Several trials may have one key:
// methods that are the same but for their names.
type cell struct {
	dataset, method int
	seed            uint64
}

func cellOf(t experiment.Trial) cell { return cell{t.Dataset, t.Method, t.Seed} }

// trials works at those of a data set that are not settled.
func (r *runner) trials(ctx context.Context, d int, in input) (left []*entry, err error) {
	var units []unit
	for i, t := range r.plan.Trials {
		if t.Dataset == d && !r.over[cellOf(t)] && r.plan.Selected(t.Method) {
			units = append(units, &trialUnit{r, r.event(i), in})
		}
	}
	return work(ctx, r.Store, units, r.Jobs)
}

// trialUnit is a trial of the plan.
type trialUnit struct {
	r  *runner
	e  Event
	in input
}

func (u *trialUnit) claim() string { return u.e.Trial.Key }

func (u *trialUnit) do(ctx context.Context, place int) error {
	return u.r.trial(ctx, u.e, u.in, place)
}

// ready reports whether the trials that it needs have come to an end.
func (u *trialUnit) ready() bool {
	return u.r.settledAll(u.r.plan.NeedsOf(u.e.Trial))
}

// settledAll reports whether trials have come to an end, as this process knows.
func (r *runner) settledAll(trials []experiment.Trial) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range trials {
		if _, done := r.done[t.Key]; !done && !r.failed[t.Key] {
			return false
		}
	}
	return true
}

// settled reports whether there is a finished record, or one that says how the trial failed
// in this run, here or in another process. A failure of an earlier run is tried again.
func (u *trialUnit) settled() (bool, error) {
	key := u.e.Trial.Key
	head, err := u.r.headOf(key)
	switch {
	case errors.Is(err, contract.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case head.Finishes() && head.Data.Fingerprint != u.in.split.Fingerprint:
		return false, changedData(u.in.split, key, head.Data.Fingerprint, u.r.Store)
	case head.Finishes() && u.r.suffices(head):
		u.r.cached(u.e, head)
		return true, nil
	case head.Status == record.Failed && !head.Finished.Equal(u.r.failedBefore[key]):
		u.r.failedElsewhere(u.e, head)
		return true, nil
	}
	return false, nil
}

// headOf is how a trial ended, as this process knows or the record says.
func (r *runner) headOf(key string) (record.Head, error) {
	r.mu.Lock()
	head, done := r.done[key]
	r.mu.Unlock()
	if done && r.suffices(head) {
		return head, nil
	}
	rec, err := r.Store.Load(key)
	if err != nil {
		return record.Head{}, err
	}
	return rec.Head(), nil
}

// suffices reports whether a finished trial has the kept model that is asked for.
func (r *runner) suffices(head record.Head) bool { return !r.KeepModels || head.Kept }

// cached counts a trial that has a finished record.
func (r *runner) cached(e Event, head record.Head) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[e.Trial.Key], r.over[cellOf(e.Trial)] = head, true
	r.summary.Cached++
	r.Watch.Cached(e, head)
}

// failedElsewhere counts a trial that failed since this run began, in another process or
// under another name.
func (r *runner) failedElsewhere(e Event, head record.Head) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over[cellOf(e.Trial)], r.failed[e.Trial.Key] = true, true
	r.countFailure(e, errors.New(head.Error))
	r.Watch.Note(fmt.Sprintf("%s failed elsewhere: %s", e, head.Error))
}

// countFailure counts a failed trial; the first is the summary's.
func (r *runner) countFailure(e Event, err error) {
	r.summary.Failed++
	if r.summary.Err == nil {
		r.summary.Err = fmt.Errorf("%s: %w", e, err)
	}
}

// lacking names the first of the needed trials that has no finished record, in an error.
func (r *runner) lacking(needs []experiment.Trial) error {
	for _, need := range needs {
		if !r.finished(need) {
			return fmt.Errorf("it needs %s, which failed", r.plan.Methods[need.Method].Name)
		}
	}
	return nil
}

// tellOfOthers says for whom this run waits.
func (r *runner) tellOfOthers(left []*entry) {
	for _, e := range left {
		if e.by == nil || !e.by.Known() || r.told[e.claim()] == e.by.String() {
			continue
		}
		r.told[e.claim()] = e.by.String()
		r.mu.Lock()
		r.Watch.Note(fmt.Sprintf("waiting for %s, which is held by %s", e.unit, e.by))
		r.mu.Unlock()
	}
}

func (u *trialUnit) String() string { return u.e.String() }
