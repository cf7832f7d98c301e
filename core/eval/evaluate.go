package eval

import (
	"context"
	"fmt"
	"sync"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Ranker answers queries; every contract.Recommender is one.
type Ranker interface {
	Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error)
}

// Evaluate ranks all items for every user who has relevant items in part
// (validation or test) and computes the metrics of each.
//
// Rank is called for one batch after another, never twice at once, and the next
// batch is under way while the metrics of the last one are computed. An answer
// that breaks a query's promise is an error that names the first such user.
func Evaluate(ctx context.Context, r Ranker, split *data.Split, part contract.Part, o Options) (*Result, error) {
	o, err := o.resolved(part)
	if err != nil {
		return nil, err
	}
	j, err := newJob(split, part, o)
	if err != nil {
		return nil, err
	}
	if err := j.run(ctx, r); err != nil {
		return nil, err
	}
	return j.result(), nil
}

// job is one evaluation under way. Workers write to disjoint rows of lists.
type job struct {
	*measuring
	options  Options
	part     contract.Part
	split    *data.Split
	users    []int32
	depth    int                // items that are kept of each list, at most the number of items
	lists    []contract.Ranking // as users
	rankTime time.Duration
	failure  failure
}

func newJob(split *data.Split, part contract.Part, o Options) (*job, error) {
	relevant := split.Test
	if part == contract.PartValidation {
		relevant = split.Validation
	}
	if relevant == nil {
		return nil, contract.Errorf(contract.ErrInvalid, "the split of %q has no %s part to evaluate on", split.Name, part)
	}
	j := &job{options: o, part: part, split: split, depth: min(max(o.Depth, Deepest(o.Metrics)), relevant.Items)}
	for u := range relevant.Users {
		if len(relevant.Row(u)) > 0 {
			j.users = append(j.users, int32(u))
		}
	}
	if len(j.users) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "no user of %q has an item in the %s part", split.Name, part)
	}
	j.lists = make([]contract.Ranking, len(j.users))
	j.measuring = newMeasuring(len(j.users), relevant, split.Training.Interactions, o.Metrics)
	return j, nil
}

// task is a share of an answered batch; the first ranking is of users[first].
type task struct {
	first    int
	queries  []contract.Query
	rankings []contract.Ranking
}

// run feeds answered batches to the workers. All tasks of a batch are worked
// off even after an error, so that the error told is always the first user's.
func (j *job) run(ctx context.Context, r Ranker) error {
	tasks := make(chan task, j.options.Threads)
	var workers sync.WaitGroup
	for range j.options.Threads {
		workers.Go(func() {
			k := newKeeper(j)
			for t := range tasks {
				k.take(t)
			}
		})
	}
	err := j.produce(ctx, r, tasks)
	close(tasks)
	workers.Wait()
	if first := j.failure.first(); first != nil {
		return first
	}
	return err
}

func (j *job) produce(ctx context.Context, r Ranker, tasks chan<- task) error {
	spec := contract.RankSpec{Ties: j.options.Ties}
	for lo := 0; lo < len(j.users) && j.failure.first() == nil && ctx.Err() == nil; lo += j.options.Batch {
		hi := min(lo+j.options.Batch, len(j.users))
		queries := j.queries(lo, hi)
		start := time.Now()
		rankings, err := r.Rank(ctx, spec, queries)
		j.rankTime += time.Since(start)
		if err != nil {
			return fmt.Errorf("rank users %d to %d of %d on %s: %w", lo+1, hi, len(j.users), j.part, err)
		}
		if len(rankings) != len(queries) {
			return fmt.Errorf("rank users %d to %d of %d on %s: %d rankings came back for %d queries",
				lo+1, hi, len(j.users), j.part, len(rankings), len(queries))
		}
		j.hand(tasks, task{lo, queries, rankings})
		j.options.OnProgress.Report(contract.Progress{Stage: "rank " + string(j.part), Done: int64(hi), Total: int64(len(j.users)), Unit: "user"})
	}
	return ctx.Err()
}

// hand cuts a batch into one task per worker.
func (j *job) hand(tasks chan<- task, t task) {
	share := (len(t.queries) + j.options.Threads - 1) / j.options.Threads
	for lo := 0; lo < len(t.queries); lo += share {
		hi := min(lo+share, len(t.queries))
		tasks <- task{t.first + lo, t.queries[lo:hi], t.rankings[lo:hi]}
	}
}

func (j *job) result() *Result {
	return &Result{
		Part: j.part, Mask: j.options.Mask, History: j.options.History, Metrics: j.options.Metrics,
		Rankings: Rankings{Users: j.users, Lists: j.lists, Depth: j.depth}, Skipped: j.relevant.Users - len(j.users),
		Values: *j.measuring.result(j.lists), RankTime: j.rankTime,
	}
}

// failure keeps the error of the smallest position among those that occurred.
type failure struct {
	mu  sync.Mutex
	at  int
	err error
}

func (f *failure) record(at int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil || at < f.at {
		f.at, f.err = at, err
	}
}

func (f *failure) first() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
