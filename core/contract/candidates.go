package contract

import (
	"math"
	"slices"
)

// scored is a candidate of TopK.
type scored[F Float] struct {
	score F
	key   uint64
	item  int32
}

// before reports whether a is ranked before b. Scores are finite.
func before[F Float](a, b scored[F]) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	return a.key < b.key
}

// candidates holds at least the k best of the scores offered so far. When the
// list is full, all but the k best are dropped by a partial sort, which is
// cheaper than a heap: a new candidate costs an append.
type candidates[F Float] struct {
	k         int
	ties      keyer
	list      []scored[F]
	threshold F      // score of the worst of k that were kept; -Inf before
	key       uint64 // its key
}

func newCandidates[F Float](k int, ties Ties) *candidates[F] {
	return &candidates[F]{k: k, ties: ties.keyer(), list: make([]scored[F], 0, 2*k+32), threshold: F(math.Inf(-1))}
}

func (c *candidates[F]) offer(s scored[F]) {
	c.list = append(c.list, s)
	if len(c.list) == cap(c.list) {
		c.keepBest()
	}
}

// keepBest drops all but the k best and notes the worst of them.
func (c *candidates[F]) keepBest() {
	if len(c.list) > c.k {
		selectBest(c.list, c.k)
		c.list = c.list[:c.k]
	}
	if len(c.list) == 0 {
		return
	}
	worst := c.list[0]
	for _, s := range c.list[1:] {
		if before(worst, s) {
			worst = s
		}
	}
	c.threshold, c.key = worst.score, worst.key
}

func (c *candidates[F]) ranking() Ranking {
	c.keepBest()
	slices.SortFunc(c.list, func(a, b scored[F]) int {
		if before(a, b) {
			return -1
		}
		return 1 // keys differ, so no two are equal
	})
	r := Ranking{Items: make([]int32, len(c.list)), Scores: make([]float32, len(c.list))}
	for i, s := range c.list {
		r.Items[i], r.Scores[i] = s.item, float32(s.score)
	}
	return r
}

// selectBest reorders list so that its k best come first, in no order
// (quickselect, Hoare 1961).
func selectBest[F Float](list []scored[F], k int) {
	for lo, hi := 0, len(list); hi-lo > 1; {
		pivot := median(list[lo], list[lo+(hi-lo)/2], list[hi-1])
		i, j := lo, hi-1
		for i <= j {
			for before(list[i], pivot) {
				i++
			}
			for before(pivot, list[j]) {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i, j = i+1, j-1
			}
		}
		switch { // list[lo:j+1] is not after the pivot, list[i:hi] not before it
		case k <= j:
			hi = j + 1
		case k > i:
			lo = i
		default:
			return
		}
	}
}

// median is the middle of three.
func median[F Float](a, b, c scored[F]) scored[F] {
	if before(b, a) {
		a, b = b, a
	}
	switch {
	case before(b, c):
		return b
	case before(a, c):
		return c
	default:
		return a
	}
}
