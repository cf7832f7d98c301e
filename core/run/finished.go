package run

import (
	"fmt"

	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// recall notes how the trials that are asked for ended before. All damaged records are
// reported together.
func (r *runner) recall(asked func(experiment.Trial) bool) error {
	heads, err := r.Store.Heads(r.keys(asked))
	if err != nil {
		return err
	}
	r.keep(heads)
	for key, head := range heads.ByKey {
		switch {
		case head.Finishes():
			r.done[key] = head
		case head.Status == record.Failed:
			r.failedBefore[key] = head.Finished
		}
	}
	return nil
}

func (r *runner) keys(asked func(experiment.Trial) bool) (keys []string) {
	for _, t := range r.plan.Trials {
		if asked(t) {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

// index takes what the run recorded into the folder's index.
func (r *runner) index() error {
	if r.summary.Done+r.summary.Failed == 0 {
		return nil
	}
	heads, err := r.Store.Heads(r.keys(func(experiment.Trial) bool { return true }))
	if err == nil {
		r.keep(heads)
	}
	return err
}

// keep saves heads that the index lacked. Without them the next run takes longer.
func (r *runner) keep(heads *record.Heads) {
	if heads.Stale() == 0 {
		return
	}
	if err := r.Store.SaveIndex(heads); err != nil {
		r.Watch.Note(fmt.Sprintf("the next run reads all records again: %v", err))
	}
}

// finished reports whether a trial has a finished record.
func (r *runner) finished(t experiment.Trial) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, done := r.done[t.Key]
	return done
}
