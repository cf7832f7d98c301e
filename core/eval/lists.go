package eval

import (
	"math"

	"cllm4rec/core/data"
)

// catalogue is what is known of the items from training.
type catalogue struct {
	users  int
	counts []int // training interactions of each item
	// fans are the training users of each item, rising.
	fans [][]int32
}

// newCatalogue counts, and lists the users of each item.
func newCatalogue(training *data.Interactions) *catalogue {
	c := &catalogue{users: training.Users, counts: make([]int, training.Items), fans: make([][]int32, training.Items)}
	for _, item := range training.Item {
		c.counts[item]++
	}
	all := make([]int32, training.Len())
	for item, n := range c.counts {
		c.fans[item], all = all[:0:n], all[n:]
	}
	for u := range training.Users {
		for _, item := range training.Row(u) {
			c.fans[item] = append(c.fans[item], int32(u))
		}
	}
	return c
}

// lister computes what lists are like; each goroutine has its own.
type lister struct {
	*catalogue
	weight  []float64 // per user; all zero between lists
	touched []int32   // users of nonzero weight
}

func newLister(c *catalogue) *lister { return &lister{catalogue: c} }

// popularity is the average recommendation popularity of Yin et al. 2012
// ("Challenging the long tail recommendation"), named ARP by Abdollahpouri et
// al. 2017: the mean training count of the recommended items. 0 for an empty list.
func popularity(l *lister, items []int32) float64 {
	sum := 0
	for _, item := range items {
		sum += l.counts[item]
	}
	return float64(sum) / float64(max(1, len(items)))
}

// novelty is the expected popularity complement (EPC) of Vargas and Castells 2011
// ("Rank and relevance in novelty and diversity metrics"), without discount and
// without relevance: the mean chance that a user drawn at random does not know
// the item. In [0, 1]; 0 for an empty list.
func novelty(l *lister, items []int32) float64 {
	var sum float64
	for _, item := range items {
		sum += 1 - float64(l.counts[item])/float64(l.users)
	}
	return sum / float64(max(1, len(items)))
}

// diversity is the intra-list diversity of Smyth and McClave 2001 ("Similarity
// vs. diversity"), with the cosine of the items' sets of training users as
// similarity: the mean over all pairs of items i, j of the list of
//
//	1 - |U_i ∩ U_j| / sqrt(|U_i| |U_j|)
//
// where an item without training users is like no other. In [0, 1]; 0 for a
// list of fewer than two items.
//
// The cosines are summed without looking at pairs: of unit vectors v_i,
// 2 * (sum over pairs of v_i·v_j) = |sum of v_i|² - (number of vectors).
func diversity(l *lister, items []int32) float64 {
	n := len(items)
	if n < 2 {
		return 0
	}
	known := l.addUp(items)
	square := l.clear()
	cosines := max(0, (square-float64(known))/2)
	return max(0, 1-cosines/(float64(n)*float64(n-1)/2))
}

// addUp adds the unit vectors of the items that have training users, and counts
// those.
func (l *lister) addUp(items []int32) (known int) {
	if l.weight == nil {
		l.weight = make([]float64, l.users)
	}
	for _, item := range items {
		fans := l.fans[item]
		if len(fans) == 0 {
			continue
		}
		known++
		share := 1 / math.Sqrt(float64(len(fans)))
		for _, u := range fans {
			if l.weight[u] == 0 {
				l.touched = append(l.touched, u)
			}
			l.weight[u] += share
		}
	}
	return known
}

// clear returns the squared length of the summed vector and empties it.
func (l *lister) clear() (square float64) {
	for _, u := range l.touched {
		square += l.weight[u] * l.weight[u]
		l.weight[u] = 0
	}
	l.touched = l.touched[:0]
	return square
}

// coverage is the aggregate diversity of Adomavicius and Kwon 2012, as a share
// (catalogue coverage, Ge et al. 2010). In [0, 1].
func coverage(counts []int) float64 {
	seen := 0
	for _, n := range counts {
		if n > 0 {
			seen++
		}
	}
	return float64(seen) / float64(len(counts))
}

// concentration is the Gini coefficient of what is recommended (Fleder and
// Hosanagar 2009): 0 when every item is recommended equally often, 1 - 1/items
// when it is always the same one.
func concentration(counts []int) float64 { return data.Gini(counts) }
