package eval

import "math"

// family is a metric before its depth is known.
type family struct {
	name    string
	formula string // {k} stands for the depth
	// value computes the metric from the positions (from 1, rising, all within
	// k) of the hits.
	value func(hits []int, relevant, k int) float64
}

// families is the one list of what a metric's name means.
var families = []family{
	{"recall", "hits / |R|", recall},
	{"recall_min", "hits / min({k}, |R|)", recallMin},
	{"precision", "hits / {k}", precision},
	{"ndcg", "sum over hits of 1/log2(r+1), divided by the sum over r = 1..min({k}, |R|) of 1/log2(r+1)", ndcg},
	{"hit", "1 if there is a hit in the first {k}, else 0", hit},
	{"hr", "1 if there is a hit in the first {k}, else 0", hit},
	{"map", "sum over hits of (hits up to r) / r, divided by min({k}, |R|)", averagePrecision},
	{"mrr", "1 / r of the first hit in the first {k}, else 0", reciprocalRank},
}

func recall(hits []int, relevant, _ int) float64 { return float64(len(hits)) / float64(relevant) }

// recallMin is the Recall of the paper and of Liang et al. 2018 (Mult-VAE).
func recallMin(hits []int, relevant, k int) float64 {
	return float64(len(hits)) / float64(min(k, relevant))
}

func precision(hits []int, _, k int) float64 { return float64(len(hits)) / float64(k) }

// ndcg has binary gains and an ideal list that is cut off at k as well.
func ndcg(hits []int, relevant, k int) float64 {
	var gain, ideal float64
	for _, r := range hits {
		gain += discount(r)
	}
	for r := 1; r <= min(k, relevant); r++ {
		ideal += discount(r)
	}
	return gain / ideal
}

// discount of position r, from 1 (Järvelin and Kekäläinen 2002, base 2).
func discount(r int) float64 { return 1 / math.Log2(float64(r+1)) }

func hit(hits []int, _, _ int) float64 { return float64(min(1, len(hits))) }

// averagePrecision divides by the number of hits that k allows.
func averagePrecision(hits []int, relevant, k int) float64 {
	var sum float64
	for i, r := range hits {
		sum += float64(i+1) / float64(r)
	}
	return sum / float64(min(k, relevant))
}

func reciprocalRank(hits []int, _, _ int) float64 {
	if len(hits) == 0 {
		return 0
	}
	return 1 / float64(hits[0])
}
