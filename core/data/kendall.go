package data

import (
	"math"
	"slices"
)

// KendallTau is Kendall's rank correlation tau-b of two lists of counts, of the same
// length and from 0 to 2^32-1; in -1..1: (concordant - discordant pairs) / the root of the
// product of the pairs that are not tied in each list. It takes n log n steps (Knight
// 1966, "A Computer Method for Calculating Kendall's Tau with Ungrouped Data"). Not ok
// where a list has a single value, so that no pair is ordered.
func KendallTau(x, y []int) (tau float64, ok bool) {
	both := make([]uint64, len(x)) // a pair in one word: by x, then by y
	for i := range x {
		both[i] = uint64(x[i])<<32 | uint64(y[i])
	}
	slices.Sort(both)
	ys := make([]uint32, len(x))
	for i, pair := range both {
		ys[i] = uint32(pair)
	}
	tiedX := tiedPairs(len(x), func(i int) bool { return both[i]>>32 == both[i-1]>>32 })
	tiedBoth := tiedPairs(len(x), func(i int) bool { return both[i] == both[i-1] })
	discordant := inversions(ys, make([]uint32, len(x)))
	tiedY := tiedPairs(len(x), func(i int) bool { return ys[i] == ys[i-1] }) // they are sorted now
	pairs := int64(len(x)) * int64(len(x)-1) / 2
	if pairs == tiedX || pairs == tiedY {
		return 0, false
	}
	difference := pairs - tiedX - tiedY + tiedBoth - 2*discordant
	return float64(difference) / math.Sqrt(float64(pairs-tiedX)) / math.Sqrt(float64(pairs-tiedY)), true
}

// tiedPairs counts the pairs within runs of equal values of a sorted list of n; same
// reports whether value i equals the one before.
func tiedPairs(n int, same func(i int) bool) int64 {
	var pairs, run int64
	for i := 1; i < n; i++ {
		if run++; !same(i) {
			run = 0
		}
		pairs += run // with each of those before it in its run
	}
	return pairs
}

// inversions sorts v by merging and counts the pairs that stood in the wrong order.
func inversions(v, room []uint32) (count int64) {
	if len(v) < 2 {
		return 0
	}
	left, right := v[:len(v)/2], v[len(v)/2:]
	count = inversions(left, room) + inversions(right, room)
	merged := room[:0]
	for len(left) > 0 && len(right) > 0 {
		if right[0] < left[0] {
			count += int64(len(left))
			merged, right = append(merged, right[0]), right[1:]
		} else {
			merged, left = append(merged, left[0]), left[1:]
		}
	}
	merged = append(append(merged, left...), right...)
	copy(v, merged)
	return count
}
