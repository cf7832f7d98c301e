package eval

import (
	"slices"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// StoredDepth is the number of items of each user's list that a record keeps at
// least, so that another metric needs no other ranking.
const StoredDepth = 100

// Rankings are the lists of the measured users, without masked items.
type Rankings struct {
	Users []int32            // rising
	Lists []contract.Ranking // as Users, best first
	// Depth is how long the lists are; a list is shorter where it holds all
	// items that are not masked.
	Depth int
}

// Values are what metrics say of rankings.
type Values struct {
	// PerUser has one value per name of a metric and measured user.
	PerUser map[string][]float64
	// Overall has one value per name of a metric that is about all lists together.
	Overall map[string]float64
}

// Measure computes metrics of rankings: of those that Evaluate has just made, or
// of stored ones. relevant are the held-out interactions of the part; the users
// of the rankings are those who have some. ErrInvalid when a metric looks deeper
// than the lists go.
func Measure(r Rankings, relevant, training *data.Interactions, metrics []Metric, threads int) (*Values, error) {
	if err := r.check(relevant, metrics); err != nil {
		return nil, err
	}
	m := newMeasuring(len(r.Users), relevant, training, metrics)
	threads = max(1, min(threads, len(r.Users)))
	var workers sync.WaitGroup
	for t := range threads {
		workers.Go(func() {
			w := newWorker(m)
			for at := t; at < len(r.Users); at += threads {
				w.measure(at, r.Users[at], r.Lists[at].Items)
			}
		})
	}
	workers.Wait()
	return m.result(r.Lists), nil
}

// check reports metrics that look deeper than the lists go, and lists of other data.
func (r Rankings) check(relevant *data.Interactions, metrics []Metric) error {
	for _, m := range metrics {
		if m.k > r.Depth && r.Depth < relevant.Items {
			return contract.Errorf(contract.ErrInvalid, "%s looks at %d items, and the rankings hold the first %d of each user", m, m.k, r.Depth)
		}
	}
	for at, user := range r.Users {
		if user < 0 || int(user) >= relevant.Users || len(relevant.Row(int(user))) == 0 {
			return contract.Errorf(contract.ErrBadData, "the rankings have user %d, who has no held-out item", user)
		}
		if i := slices.IndexFunc(r.Lists[at].Items, func(item int32) bool { return item < 0 || int(item) >= relevant.Items }); i >= 0 {
			return contract.Errorf(contract.ErrBadData, "the ranking of user %d holds item %d, outside 0..%d", user, r.Lists[at].Items[i], relevant.Items-1)
		}
	}
	return nil
}

// measuring is the values of metrics under way. Workers write to disjoint rows.
type measuring struct {
	metrics   []Metric
	relevant  *data.Interactions
	catalogue *catalogue  // nil where no metric asks what the items are like
	values    [][]float64 // [metric][position of the user]; nil for an overall metric
}

func newMeasuring(users int, relevant, training *data.Interactions, metrics []Metric) *measuring {
	m := &measuring{metrics: metrics, relevant: relevant, values: make([][]float64, len(metrics))}
	for i, metric := range metrics {
		if metric.PerUser() {
			m.values[i] = make([]float64, users)
		}
		if metric.family.list != nil && m.catalogue == nil {
			m.catalogue = newCatalogue(training)
		}
	}
	return m
}

// result adds what is computed over all lists together.
func (m *measuring) result(lists []contract.Ranking) *Values {
	v := &Values{PerUser: map[string][]float64{}, Overall: map[string]float64{}}
	for i, metric := range m.metrics {
		if metric.PerUser() {
			v.PerUser[metric.String()] = m.values[i]
		} else {
			v.Overall[metric.String()] = metric.family.all(m.counts(lists, metric.k))
		}
	}
	return v
}

// counts says how often each item stands among the first k of a list.
func (m *measuring) counts(lists []contract.Ranking, k int) []int {
	counts := make([]int, m.relevant.Items)
	for _, l := range lists {
		for _, item := range l.Items[:min(k, len(l.Items))] {
			counts[item]++
		}
	}
	return counts
}

// worker measures lists; each goroutine has its own.
type worker struct {
	*measuring
	lister   *lister
	relevant []bool // per item; all false between users
	hits     []int
}

func newWorker(m *measuring) *worker {
	w := &worker{measuring: m, relevant: make([]bool, m.relevant.Items)}
	if m.catalogue != nil {
		w.lister = newLister(m.catalogue)
	}
	return w
}

// measure fills the values of the user at a position.
func (w *worker) measure(at int, user int32, items []int32) {
	relevant := w.measuring.relevant.Row(int(user))
	w.findHits(items, relevant)
	for i, m := range w.metrics {
		switch {
		case m.family.value != nil:
			w.values[i][at] = m.ofHits(w.hits, len(relevant))
		case m.family.list != nil:
			w.values[i][at] = m.family.list(w.lister, items[:min(m.k, len(items))])
		}
	}
}

// findHits lists the positions, from 1, of the relevant items.
func (w *worker) findHits(items, relevant []int32) {
	for _, item := range relevant {
		w.relevant[item] = true
	}
	w.hits = w.hits[:0]
	for i, item := range items {
		if w.relevant[item] {
			w.hits = append(w.hits, i+1)
		}
	}
	for _, item := range relevant {
		w.relevant[item] = false
	}
}
