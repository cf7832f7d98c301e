package contract

import (
	"fmt"
	"math"
)

// TieRule says how items with equal scores are ordered.
type TieRule string

// The tie rules.
const (
	// TiesHashed orders equal scores by a seeded hash of the item, so that no
	// model profits from the order of the index.
	TiesHashed TieRule = "hashed"
	// TiesIndex puts the smaller index first (parity with NumPy's stable sort).
	TiesIndex TieRule = "index"
)

// Ties breaks ties between equal scores, the same way in every process.
type Ties struct {
	Rule TieRule
	// Seed of TiesHashed is the trial's seed, in validation and in test: all
	// methods of a seed share one order of equal scores, and several seeds average
	// over orders, so that a method that scores coarsely (Popularity) has no luck
	// that its confidence interval hides.
	Seed uint64
}

// Key is the sort key of an item among equal scores: smaller first. Two items
// never share a key.
func (t Ties) Key(item int32) uint64 { return t.keyer().key(item) }

// keyer computes keys without looking at the rule's name each time.
type keyer struct {
	byIndex bool
	salt    uint64
}

func (t Ties) keyer() keyer {
	return keyer{byIndex: t.Rule == TiesIndex, salt: t.Seed*golden + golden}
}

func (k keyer) key(item int32) uint64 {
	if k.byIndex {
		return uint64(uint32(item))
	}
	return Mix64(uint64(uint32(item)) + k.salt) // a bijection: keys differ
}

// Float is the type of a score.
type Float interface{ ~float32 | ~float64 }

// TopK ranks the k best of scores (one per item, shape [items]) under a total
// order: higher score first, then the tie rule. Any NaN or infinite score is an
// ErrNonFinite that names the item. Cost O(items + k log k) on average.
func TopK[F Float](scores []F, k int, ties Ties) (Ranking, error) {
	c := newCandidates[F](min(k, len(scores)), ties)
	lowest := F(math.Inf(-1))
	for i, s := range scores {
		if s < c.threshold && s > lowest {
			continue // most scores end here; NaN and infinities do not
		}
		if s-s != 0 {
			return Ranking{}, Errorf(ErrNonFinite, "the score of item %d is %v", i, s)
		}
		key := c.ties.key(int32(i))
		if s == c.threshold && key > c.key {
			continue
		}
		c.offer(scored[F]{s, key, int32(i)})
	}
	return c.ranking(), nil
}

// Check reports the first way in which a ranking breaks its promise to a query
// over n items: length, range, repetition, order or finiteness (ErrNonFinite).
func (r Ranking) Check(q Query, n int) error {
	if want := min(int(q.K), n); len(r.Items) != want || len(r.Scores) != want {
		return fmt.Errorf("ranking of user %d has %d items and %d scores, expected %d", q.User, len(r.Items), len(r.Scores), want)
	}
	seen := make([]uint64, (n+63)/64) // one bit per item
	for i, item := range r.Items {
		s := float64(r.Scores[i])
		switch {
		case item < 0 || int(item) >= n:
			return fmt.Errorf("ranking of user %d holds item %d, outside 0..%d", q.User, item, n-1)
		case seen[item/64]>>(item%64)&1 == 1:
			return fmt.Errorf("ranking of user %d holds item %d twice", q.User, item)
		case math.IsNaN(s) || math.IsInf(s, 0):
			return Errorf(ErrNonFinite, "ranking of user %d scores item %d with %v", q.User, item, s)
		case i > 0 && r.Scores[i] > r.Scores[i-1]:
			return fmt.Errorf("ranking of user %d rises at position %d", q.User, i)
		}
		seen[item/64] |= 1 << (item % 64)
	}
	return nil
}

// Without is a ranking without some items.
func (r Ranking) Without(items []int32) (out Ranking) {
	drop := make(map[int32]bool, len(items))
	for _, i := range items {
		drop[i] = true
	}
	for at, item := range r.Items {
		if !drop[item] {
			out.Items, out.Scores = append(out.Items, item), append(out.Scores, r.Scores[at])
		}
	}
	return out
}

// Standard are the scores brought to mean 0 and deviation 1 over the ranking, 0 where all
// are equal, and the lowest of them, at most 0.
func (r Ranking) Standard() (z []float64, lowest float64) {
	z = make([]float64, len(r.Scores))
	var mean, square float64
	for _, s := range r.Scores {
		mean += float64(s) / float64(len(r.Scores))
	}
	for _, s := range r.Scores {
		square += (float64(s) - mean) * (float64(s) - mean) / float64(len(r.Scores))
	}
	for i, s := range r.Scores {
		if square > 0 {
			z[i] = (float64(s) - mean) / math.Sqrt(square)
		}
		lowest = min(lowest, z[i])
	}
	return z, lowest
}
