package run

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/schema"
)

// unreadable fails the trials of a data set that cannot be read, and tells so once. A task
// fails by itself alone: other tasks may run where the data can be read.
func (r *runner) unreadable(d int, source record.Plugin, why error) error {
	failed := r.summary.Failed
	for i, t := range r.plan.Trials {
		if t.Dataset != d || !r.asksFor(t) {
			continue
		}
		if r.finished(t) {
			r.summary.Cached++
			continue
		}
		x := r.newExecution(r.event(i), input{from: source}, 0)
		x.rec.Finished = time.Now().UTC()
		x.fail(why)
		if err := r.saveUnclaimed(x.rec); err != nil {
			return err
		}
	}
	if n := r.unrecorded(d); n > 0 {
		r.summary.Failed += n
		r.summary.Err = cmp.Or(r.summary.Err, why)
	}
	r.Watch.Unreadable(r.plan.Datasets[d].Label(), r.summary.Failed-failed, why)
	return nil
}

// asksFor reports whether a trial is to be done: each one that is selected, or that of the task.
func (r *runner) asksFor(t experiment.Trial) bool {
	return r.task == nil && r.plan.Selected(t.Method) || r.task != nil && r.task.Kind == TaskTrial && cellOf(t) == r.task.cell()
}

// unrecorded counts what of a data set is to be done and has no trial to record a failure
// of: methods whose trials are yet unknown, or a task that is none.
func (r *runner) unrecorded(d int) (n int) {
	if r.task != nil {
		if r.task.Kind != TaskTrial || r.plan.Waits(d, r.task.Method) {
			return 1
		}
		return 0
	}
	for m := range r.plan.Methods {
		if r.plan.Selected(m) && r.plan.Waits(d, m) {
			n++
		}
	}
	return n
}

// saveUnclaimed saves the record of a failure unless another process, which may be able to
// read the data, works at the trial.
func (r *runner) saveUnclaimed(rec *record.Record) error {
	c, err := r.Store.Claim(rec.Key)
	var held *claim.HeldError
	if errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(r.Store.Save(rec, nil), c.Release())
}

// checkDimensions refuses a data set that has fewer items or users than a method that has work
// there asks for dimensions of their features.
func (f *Forecast) checkDimensions(d int, split *data.Split) error {
	for _, m := range f.work(d) {
		for i, feature := range f.plan.Methods[m].Features {
			rows := split.Items.Len()
			if feature.Entity == string(contract.EntityUser) {
				rows = split.Users.Len()
			}
			if feature.SVD.Dims > rows {
				return contract.Errorf(contract.ErrInvalid, "%s: features %d: svd: %d dimensions, and data set %s has %d %ss: expected at most %d",
					f.plan.Methods[m].Name, i+1, feature.SVD.Dims, f.plan.Datasets[d].Label(), rows, feature.Entity, rows)
			}
		}
	}
	return nil
}

// checkStrata refuses a data set that lacks an attribute of users by which the table
// divides.
func (r *runner) checkStrata(split *data.Split) error {
	if r.plan.Table.Strata == nil {
		return nil
	}
	var known []string
	for _, a := range split.Training.Attributes {
		if a.Entity == contract.EntityUser {
			known = append(known, a.Name)
		}
	}
	for _, name := range r.plan.Table.Strata.UserAttributes {
		if !slices.Contains(known, name) {
			return contract.Errorf(contract.ErrInvalid, "table.strata.user_attributes: data set %s has no attribute %q of users%s", split.Name, name, schema.Hint(name, known))
		}
	}
	return nil
}

// sameData refuses records under the same key that were measured on other data.
func (r *runner) sameData(d int, split *data.Split) error {
	for _, t := range r.plan.Trials {
		head, done := r.done[t.Key]
		if t.Dataset == d && done && head.Data.Fingerprint != split.Fingerprint {
			return changedData(split, t.Key, head.Data.Fingerprint, r.Store)
		}
	}
	return nil
}

func changedData(split *data.Split, key, fingerprint string, store *record.Store) error {
	return contract.Errorf(contract.ErrInvalid, "data set %s has changed: %s was measured on data %.12s, now it is %.12s; choose another --out, or remove the old record: rm -r %s",
		split.Name, store.Folder(key), fingerprint, split.Fingerprint, store.Folder(key))
}
