package eval

import "math"

// family is a metric before its depth is known. Exactly one of value, list and
// all is set.
type family struct {
	name    string
	formula string // {k} stands for the depth
	least   int    // the smallest depth that makes sense; 0 is 1
	counts  bool   // it counts users, up to all of them; the others go up to 1
	// value computes the metric of one user from the positions (from 1, rising,
	// all within k) of the hits: how right the list is. Higher is better.
	value func(hits []int, relevant, k int) float64
	// list computes it from the first k items of one user's list: what kind of
	// items they are, right or not.
	list func(l *lister, items []int32) float64
	// all computes one number from how often each item stands among the first k
	// of any user's list. It may reorder counts.
	all func(counts []int) float64
}

// families is the one list of what a metric's name means.
var families = []family{
	{name: "recall", formula: "hits / |R|", value: recall},
	{name: "recall_min", formula: "hits / min({k}, |R|)", value: recallMin},
	{name: "precision", formula: "hits / {k}", value: precision},
	{name: "ndcg", formula: "sum over hits of 1/log2(r+1), divided by the sum over r = 1..min({k}, |R|) of 1/log2(r+1)", value: ndcg},
	{name: "hit", formula: "1 if there is a hit in the first {k}, else 0", value: hit},
	{name: "hr", formula: "1 if there is a hit in the first {k}, else 0", value: hit},
	{name: "map", formula: "sum over hits of (hits up to r) / r, divided by min({k}, |R|)", value: averagePrecision},
	{name: "mrr", formula: "1 / r of the first hit in the first {k}, else 0", value: reciprocalRank},
	{name: "popularity", formula: "mean over the first {k} items of the item's number of training interactions", counts: true, list: popularity},
	{name: "novelty", formula: "mean over the first {k} items of 1 - (training interactions of the item) / (number of users)", list: novelty},
	{name: "diversity", formula: "mean over the pairs among the first {k} items of 1 - the cosine of their sets of training users", least: 2, list: diversity},
	{name: "coverage", formula: "share of all items that stand in the first {k} of any measured user's list", all: coverage},
	{name: "gini", formula: "Gini coefficient over all items of how often each stands in the first {k} of a measured user's list", all: concentration},
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
