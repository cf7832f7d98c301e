package eval

import (
	"fmt"

	"cllm4rec/core/contract"
)

// What a worker notes about an item while it looks at one user.
const (
	isMasked   = 1
	isRelevant = 2
)

// worker computes metrics; each goroutine has its own.
type worker struct {
	job  *job
	note []uint8 // per item; all zero between users
	hits []int
}

func newWorker(j *job) *worker {
	return &worker{job: j, note: make([]uint8, j.relevant.Items)}
}

func (w *worker) measure(t task) {
	for i, ranking := range t.rankings {
		if err := w.measureUser(t.first+i, t.queries[i], ranking); err != nil {
			w.job.failure.record(t.first+i, err)
			return
		}
	}
}

// measureUser checks one ranking, drops masked items and fills the user's values.
func (w *worker) measureUser(at int, q contract.Query, ranking contract.Ranking) error {
	if err := ranking.Check(q, w.job.relevant.Items); err != nil {
		return fmt.Errorf("user %s on %s: %w", w.job.split.Users.ID(q.User), w.job.part, err)
	}
	relevant := w.job.relevant.Row(int(q.User))
	masked := w.job.masked(q.User)
	w.mark(relevant, isRelevant)
	w.mark(masked, isMasked)
	w.findHits(ranking.Items)
	w.unmark(relevant)
	w.unmark(masked)
	for i, m := range w.job.options.Metrics {
		w.job.values[i][at] = m.Value(w.hits, len(relevant))
	}
	return nil
}

// findHits lists the positions, counted without masked items, of the relevant
// items within the depth. An item that is both is masked.
func (w *worker) findHits(items []int32) {
	w.hits = w.hits[:0]
	position := 0
	for _, item := range items {
		if w.note[item]&isMasked != 0 {
			continue
		}
		if position++; position > w.job.depth {
			return
		}
		if w.note[item]&isRelevant != 0 {
			w.hits = append(w.hits, position)
		}
	}
}

func (w *worker) mark(items []int32, with uint8) {
	for _, i := range items {
		w.note[i] |= with
	}
}

func (w *worker) unmark(items []int32) {
	for _, i := range items {
		w.note[i] = 0
	}
}
