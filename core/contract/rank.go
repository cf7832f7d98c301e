package contract

import (
	"cmp"
	"fmt"
	"math"
	"slices"
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
	Seed uint64
}

// Key is the sort key of an item among equal scores: smaller first. Two items
// never share a key.
func (t Ties) Key(item int32) uint64 {
	if t.Rule == TiesIndex {
		return uint64(uint32(item))
	}
	// SplitMix64's finaliser (Steele et al. 2014) is a bijection of 64-bit words.
	z := uint64(uint32(item)) + t.Seed*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Float is the type of a score.
type Float interface{ ~float32 | ~float64 }

// scored is a candidate of TopK.
type scored[F Float] struct {
	score F
	key   uint64
	item  int32
}

// before tells whether a is ranked before b.
func before[F Float](a, b scored[F]) int {
	if c := cmp.Compare(b.score, a.score); c != 0 {
		return c
	}
	return cmp.Compare(a.key, b.key)
}

// TopK ranks the k best of scores (one per item, shape [items]) under a total
// order: higher score first, then the tie rule. Any NaN or infinite score is an
// ErrNonFinite that names the item. Cost O(items + kept log k).
func TopK[F Float](scores []F, k int, ties Ties) (Ranking, error) {
	k = min(k, len(scores))
	heap := make([]scored[F], 0, k)
	for i, s := range scores {
		if f := float64(s); math.IsNaN(f) || math.IsInf(f, 0) {
			return Ranking{}, Errorf(ErrNonFinite, "the score of item %d is %v", i, s)
		}
		if len(heap) == k && (k == 0 || s < heap[0].score) {
			continue
		}
		heap = offer(heap, scored[F]{s, ties.Key(int32(i)), int32(i)}, k)
	}
	slices.SortFunc(heap, before[F])
	r := Ranking{Items: make([]int32, len(heap)), Scores: make([]float32, len(heap))}
	for i, c := range heap {
		r.Items[i], r.Scores[i] = c.item, float32(c.score)
	}
	return r, nil
}

// offer keeps the k best candidates in a heap whose root is the worst of them.
func offer[F Float](heap []scored[F], c scored[F], k int) []scored[F] {
	if len(heap) < k {
		heap = append(heap, c)
		siftUp(heap)
		return heap
	}
	if before(c, heap[0]) < 0 {
		heap[0] = c
		siftDown(heap)
	}
	return heap
}

func siftUp[F Float](heap []scored[F]) {
	for i := len(heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if before(heap[i], heap[parent]) <= 0 {
			return
		}
		heap[i], heap[parent] = heap[parent], heap[i]
		i = parent
	}
}

func siftDown[F Float](heap []scored[F]) {
	for i := 0; ; {
		worst := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(heap) && before(heap[child], heap[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		heap[i], heap[worst] = heap[worst], heap[i]
		i = worst
	}
}

// Check reports the first way in which a ranking breaks its promise to a query
// over n items: length, range, repetition, order or finiteness.
func (r Ranking) Check(q Query, n int) error {
	if want := min(int(q.K), n); len(r.Items) != want || len(r.Scores) != want {
		return fmt.Errorf("ranking of user %d has %d items and %d scores, expected %d", q.User, len(r.Items), len(r.Scores), want)
	}
	seen := make(map[int32]struct{}, len(r.Items))
	for i, item := range r.Items {
		s := float64(r.Scores[i])
		_, twice := seen[item]
		switch {
		case item < 0 || int(item) >= n:
			return fmt.Errorf("ranking of user %d holds item %d, outside 0..%d", q.User, item, n-1)
		case twice:
			return fmt.Errorf("ranking of user %d holds item %d twice", q.User, item)
		case math.IsNaN(s) || math.IsInf(s, 0):
			return fmt.Errorf("ranking of user %d scores item %d with %v", q.User, item, s)
		case i > 0 && r.Scores[i] > r.Scores[i-1]:
			return fmt.Errorf("ranking of user %d rises at position %d", q.User, i)
		}
		seen[item] = struct{}{}
	}
	return nil
}
