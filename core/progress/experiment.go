package progress

import (
	"sync"
	"time"
)

// Row is what a table has a row for: a method on a data set, or its search there.
type Row struct {
	Dataset string `json:"dataset"`
	Method  string `json:"method"`
	Search  bool   `json:"search,omitempty"`
}

// Running is a trial under way.
type Running struct {
	Row
	Seed uint64 `json:"seed"`
	Snapshot
}

// Experiment counts the trials of a plan, and remembers how long those of each row took. Its
// methods may be called concurrently.
type Experiment struct {
	mu    sync.Mutex
	jobs  int // that run at a time
	rows  map[Row]*tally
	share float64
}

type tally struct {
	total, done, failed int
	took                []time.Duration // of finished trials
}

// NewExperiment is an experiment of which so many trials run at a time.
func NewExperiment(jobs int) *Experiment {
	return &Experiment{jobs: max(1, jobs), rows: map[Row]*tally{}}
}

func (e *Experiment) row(r Row) *tally {
	if e.rows[r] == nil {
		e.rows[r] = &tally{}
	}
	return e.rows[r]
}

// Plan says how many trials a row has, those of its search at most.
func (e *Experiment) Plan(r Row, trials int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.row(r).total = trials
}

// Finished counts a trial that took so long, now or in an earlier run.
func (e *Experiment) Finished(r Row, took time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.row(r)
	t.done++
	t.took = append(t.took, took)
}

// Failed counts a trial that failed.
func (e *Experiment) Failed(r Row) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.row(r).failed++
}

// Lost counts all that is left of a data set as failed.
func (e *Experiment) Lost(dataset string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for r, t := range e.rows {
		if r.Dataset == dataset {
			t.failed = t.total - t.done
		}
	}
}

// State is how an experiment stands.
type State struct {
	Total, Done, Failed, Running int
	Share                        float64 // of the trials, those under way by their own share
	Left                         Left
}

// State counts what runs beside what is over.
func (e *Experiment) State(running []Running) State {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := State{Running: len(running)}
	active, shares := map[Row]int{}, 0.0
	for _, r := range running {
		e.row(r.Row) // also one that was not planned
		active[r.Row]++
		shares += r.Share
	}
	for r, t := range e.rows {
		s.Total += max(t.total, t.done+t.failed+active[r])
		s.Done, s.Failed = s.Done+t.done, s.Failed+t.failed
	}
	if s.Total > 0 {
		e.share = max(e.share, (float64(s.Done+s.Failed)+shares)/float64(s.Total))
	}
	s.Share, s.Left = e.share, e.left(running, active)
	return s
}

// left is the work that is left over the trials at a time, and no less than the longest under
// way takes. Rows of which nothing is known make it a least time.
func (e *Experiment) left(running []Running, active map[Row]int) Left {
	sum, longest, l := time.Duration(0), time.Duration(0), Left{Known: true}
	for _, r := range running {
		rest := r.Left.Time
		if !r.Left.Known {
			whole, known := e.expected(r.Row, nil)
			if !known {
				l.AtLeast = true
				continue
			}
			rest = max(0, whole-r.Elapsed)
		}
		sum, longest = sum+rest, max(longest, rest)
	}
	for r, t := range e.rows {
		waiting := t.total - t.done - t.failed - active[r]
		if waiting <= 0 {
			continue
		}
		each, known := e.expected(r, running)
		if !known {
			l.AtLeast = true
			continue
		}
		sum += time.Duration(waiting) * each
	}
	l.Time = max(longest, sum/time.Duration(e.jobs))
	l.Known = !l.AtLeast || l.Time > 0
	return l
}

// expected is how long a trial of a row takes: the mean of those that are finished, of the row
// or else of the method on other data sets or in its search, else what one under way comes to.
func (e *Experiment) expected(r Row, running []Running) (time.Duration, bool) {
	if t := e.rows[r]; t != nil && len(t.took) > 0 {
		return mean(t.took), true
	}
	for _, other := range running {
		if other.Row == r && other.Left.Known {
			return other.Elapsed + other.Left.Time, true
		}
	}
	var like []time.Duration
	for other, t := range e.rows {
		if other.Method == r.Method {
			like = append(like, t.took...)
		}
	}
	if len(like) > 0 {
		return mean(like), true
	}
	for _, other := range running {
		if other.Method == r.Method && other.Left.Known {
			return other.Elapsed + other.Left.Time, true
		}
	}
	return 0, false
}

func mean(all []time.Duration) time.Duration {
	sum := time.Duration(0)
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(len(all))
}
