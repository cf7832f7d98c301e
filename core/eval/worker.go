package eval

import (
	"fmt"

	"cllm4rec/core/contract"
)

// keeper takes answers, keeps what is not masked of them and measures it; each
// goroutine has its own.
type keeper struct {
	job    *job
	worker *worker
	masked []bool // per item; all false between users
}

func newKeeper(j *job) *keeper {
	return &keeper{job: j, worker: newWorker(j.measuring), masked: make([]bool, j.relevant.Items)}
}

func (k *keeper) take(t task) {
	for i, ranking := range t.rankings {
		at, query := t.first+i, t.queries[i]
		user := k.job.users[at] // a query of a user who is held out whole does not tell
		if err := ranking.Check(query, k.job.relevant.Items); err != nil {
			k.job.failure.record(at, fmt.Errorf("user %s on %s: %w", k.job.split.Users.ID(user), k.job.part, err))
			return
		}
		k.job.lists[at] = k.keep(ranking, k.job.masked(user))
		k.worker.measure(at, user, k.job.lists[at].Items)
	}
}

// keep copies the first items that are not masked, as many as the job's depth.
func (k *keeper) keep(r contract.Ranking, masked []int32) contract.Ranking {
	for _, item := range masked {
		k.masked[item] = true
	}
	depth := min(k.job.depth, len(r.Items))
	kept := contract.Ranking{Items: make([]int32, 0, depth), Scores: make([]float32, 0, depth)}
	for i, item := range r.Items {
		if len(kept.Items) == depth {
			break
		}
		if !k.masked[item] {
			kept.Items, kept.Scores = append(kept.Items, item), append(kept.Scores, r.Scores[i])
		}
	}
	for _, item := range masked {
		k.masked[item] = false
	}
	return kept
}
