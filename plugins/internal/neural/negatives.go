package neural

import (
	"math"
	"slices"
	"sort"
)

// Sampler draws items with a probability that is proportional to count^power.
type Sampler struct {
	items      int
	cumulative []float64 // nil: uniform
}

// outsideTries bounds the draws for one item outside of a row.
const outsideTries = 1000

// NewSampler counts the interactions; power 0 is uniform, 1 is popularity. Under a
// power above 0 an item without interactions is never drawn.
func NewSampler(d *Data, power float64) *Sampler {
	n := &Sampler{items: d.Items}
	if power == 0 {
		return n
	}
	sum := 0.0
	for _, count := range d.X.ColumnCounts() {
		if count > 0 {
			sum += math.Pow(float64(count), power)
		}
		n.cumulative = append(n.cumulative, sum)
	}
	return n
}

// Draw is one item.
func (n *Sampler) Draw(d *Draws) int32 {
	if n.cumulative == nil {
		return int32(d.Below(n.items))
	}
	at := d.Float64() * n.cumulative[n.items-1]
	return int32(sort.Search(n.items-1, func(i int) bool { return n.cumulative[i] > at }))
}

// Outside draws an item that is not in a sorted row. A row that has nearly all items
// may get one of its own, after a thousand draws.
func (n *Sampler) Outside(d *Draws, sorted []int32) int32 {
	item := n.Draw(d)
	for range outsideTries {
		if _, own := slices.BinarySearch(sorted, item); !own {
			break
		}
		item = n.Draw(d)
	}
	return item
}

// LogQ is the logarithm of the probability of an item.
func (n *Sampler) LogQ(item int32) float64 {
	if n.cumulative == nil {
		return -math.Log(float64(n.items))
	}
	before := 0.0
	if item > 0 {
		before = n.cumulative[item-1]
	}
	return math.Log((n.cumulative[item] - before) / n.cumulative[n.items-1])
}

// LogQs are those of several items.
func (n *Sampler) LogQs(items []int64) []float32 {
	values := make([]float32, len(items))
	for i, item := range items {
		values[i] = float32(n.LogQ(int32(item)))
	}
	return values
}

// SortedRows are the users' rows with rising items, for Outside.
func (d *Data) SortedRows() [][]int32 {
	rows := make([][]int32, d.Users)
	for u := range rows {
		rows[u] = slices.Sorted(slices.Values(d.X.Row(u)))
	}
	return rows
}
