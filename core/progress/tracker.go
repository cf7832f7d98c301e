package progress

import (
	"math"
	"sync"
	"time"

	"cllm4rec/core/contract"
)

// Work is how much there is to do of one kind of work, such as the documents of an objective
// or the users that are ranked.
type Work struct {
	Kind string
	Done float64 // of Total
	// Total is all of this kind that the trial has.
	Total float64
	// Weight is how many documents one unit counts for in the share of the whole.
	Weight float64
}

// RankWeight is how many documents of training one ranked user counts for: a forward pass
// without the backward one, which takes about twice as long.
const RankWeight = 1.0 / 3

// Tracker follows one trial. Its share of the whole never falls: work that turns out not to be
// done, as epochs after patience ended, makes it jump forward. Methods may be called
// concurrently.
type Tracker struct {
	mu     sync.Mutex
	now    func() time.Time
	began  time.Time
	kinds  []*kind
	moved  time.Time // when any kind last advanced
	share  float64
	last   contract.Progress
	stage  time.Time // when the present stage began
	score  float64
	best   float64
	scored bool
}

// kind is Work with what it took in this process.
type kind struct {
	Work
	advanced float64 // units in this process
	spent    time.Duration
}

// NewTracker begins to follow a trial.
func NewTracker() *Tracker { return newTracker(time.Now) }

func newTracker(now func() time.Time) *Tracker {
	at := now()
	return &Tracker{now: now, began: at, moved: at, stage: at}
}

// Plan says, or says anew, how much there is to do of each kind, and how much of it was done
// before this process.
func (t *Tracker) Plan(work ...Work) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range work {
		if k := t.kind(w.Kind); k != nil {
			k.Work = w
		} else {
			t.kinds = append(t.kinds, &kind{Work: w})
		}
	}
	t.moved = t.now()
	t.settle()
}

func (t *Tracker) kind(name string) *kind {
	for _, k := range t.kinds {
		if k.Kind == name {
			return k
		}
	}
	return nil
}

// Reach says how much of a kind is done. The time since the last call counts as spent on it.
// A kind that is not planned is none.
func (t *Tracker) Reach(name string, done float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kind(name)
	if k == nil || done <= k.Done {
		return
	}
	now := t.now()
	k.advanced, k.spent = k.advanced+done-k.Done, k.spent+now.Sub(t.moved)
	k.Done, t.moved = math.Min(done, k.Total), now
	t.settle()
}

// Advance plans a kind that is not planned yet, with what is done of it, and reaches what is
// done of one that is.
func (t *Tracker) Advance(w Work) {
	t.mu.Lock()
	k := t.kind(w.Kind)
	t.mu.Unlock()
	if k == nil {
		t.Plan(w)
		return
	}
	t.Reach(w.Kind, w.Done)
}

// CompleteBut says that nothing more comes of any kind but one, whatever was planned.
func (t *Tracker) CompleteBut(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.kinds {
		if k.Kind != name {
			k.Done = k.Total
		}
	}
	t.settle()
}

// Scored notes a score on validation, and the best so far.
func (t *Tracker) Scored(score, best float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.score, t.best, t.scored = score, best, true
}

// Report notes what a call under way reports.
func (t *Tracker) Report(p contract.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p.Stage != t.last.Stage {
		t.stage = t.now()
	}
	t.last = p
}

// settle brings the share up to date.
func (t *Tracker) settle() {
	done, total := 0.0, 0.0
	for _, k := range t.kinds {
		done, total = done+k.Done*k.Weight, total+k.Total*k.Weight
	}
	if total > 0 {
		t.share = max(t.share, done/total)
	}
}

// Snapshot is how far a trial is at a moment.
type Snapshot struct {
	Share   float64       `json:"share"` // of the whole trial, in [0, 1]
	Stage   string        `json:"stage"` // such as "pretrain 3/100, content tower"
	Done    int64         `json:"done"`  // of the call under way, in Unit
	Total   int64         `json:"total"` // 0: not known
	Unit    string        `json:"unit"`
	Loss    *float64      `json:"loss,omitempty"`
	Rate    float64       `json:"tokens_per_second,omitempty"`
	Score   *float64      `json:"validation,omitempty"` // the last
	Best    *float64      `json:"best,omitempty"`
	Elapsed time.Duration `json:"elapsed"` // in this process
	Left    Left          `json:"left"`
	At      time.Time     `json:"at"`
}

// Left is how long something will still take.
type Left struct {
	Known bool          `json:"known"`
	Time  time.Duration `json:"time"`
	// AtLeast: the time of some of what is left is not known yet.
	AtLeast bool `json:"at_least,omitempty"`
}

// Snapshot is how far the trial is now.
func (t *Tracker) Snapshot() Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	s := Snapshot{
		Share: t.share, Stage: t.last.Stage, Done: t.last.Done, Total: t.last.Total, Unit: t.last.Unit,
		Elapsed: now.Sub(t.began), Left: t.left(now), At: now,
	}
	if loss := t.last.Loss; loss != 0 && !math.IsNaN(loss) {
		s.Loss = &loss
	}
	if since := now.Sub(t.stage); t.last.Tokens > 0 && since > 100*time.Millisecond {
		s.Rate = float64(t.last.Tokens) / since.Seconds()
	}
	if t.scored {
		score, best := t.score, t.best
		s.Score, s.Best = &score, &best
	}
	return s
}

// enough is how long work must have gone on before its rate says how long the rest takes.
const enough = time.Second

// left is the sum over kinds of what is left by their own rates; a kind that has not begun has
// the mean rate of the others.
func (t *Tracker) left(now time.Time) Left {
	spent, advanced := time.Duration(0), 0.0
	for _, k := range t.kinds {
		spent, advanced = spent+k.spent, advanced+k.advanced*k.Weight
	}
	if spent < enough || advanced <= 0 {
		return Left{}
	}
	sum := 0.0
	for _, k := range t.kinds {
		if rest := k.Total - k.Done; rest > 0 {
			perUnit := k.Weight * spent.Seconds() / advanced
			if k.advanced > 0 {
				perUnit = k.spent.Seconds() / k.advanced
			}
			sum += rest * perUnit
		}
	}
	since := now.Sub(t.moved).Seconds()
	return Left{Known: true, Time: time.Duration(max(0, sum-since) * float64(time.Second))}
}
