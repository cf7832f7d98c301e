package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Ranks is a critical-difference diagram (Demsar 2006): average ranks along an axis, the best
// at the left, and a bar over each group of methods that do not differ by the critical
// difference.
type Ranks struct {
	ID                 string
	Title, Description string
	Names              []string
	Series             []int
	Ranks              []float64
	Critical           float64
}

// SVG draws the better half of the methods at the left and the others at the right.
func (f Ranks) SVG() string {
	order := make([]int, len(f.Names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.Ranks[a], f.Ranks[b]) })
	beside := 40.0
	for _, n := range f.Names {
		beside = max(beside, width(cut(n, longest))+20)
	}
	bars := f.groups(order)
	const plot = 420.0
	axis := 66.0
	first := axis + 22 + 10*float64(len(bars))
	x := scale{low: 1, high: float64(len(f.Names)), from: beside, to: beside + plot}
	var c canvas
	c.begin(f.ID, f.Title, f.Description, 2*beside+plot, first+rowHeight*math.Ceil(float64(len(order))/2)+8)
	c.line("axis", x.from, axis, x.to, axis)
	for r := 1; r <= len(f.Names); r++ {
		c.line("axis", x.at(float64(r)), axis-6, x.at(float64(r)), axis)
		c.label("tick", x.at(float64(r)), axis-11, atMiddle, fmt.Sprint(r))
	}
	c.label("axis-label", x.from, axis-30, atStart, "average rank (1 is best)")
	f.critical(&c, x, axis-44)
	for i, bar := range bars {
		y := axis + 12 + 10*float64(i)
		c.line("clique", x.at(f.Ranks[order[bar[0]]])-4, y, x.at(f.Ranks[order[bar[1]]])+4, y)
	}
	left := (len(order) + 1) / 2
	for i, m := range order {
		y, side, end, anchor, gap := first+rowHeight*float64(i), x.from-6.0, x.from-10.0, atEnd, 0.0
		if i >= left {
			y, side, end, anchor = first+rowHeight*float64(len(order)-1-i), x.to+6, x.to+10, atStart
		}
		at := x.at(f.Ranks[m])
		c.line("leader "+class(f.Series[m]), at, axis, at, y)
		c.line("leader "+class(f.Series[m]), at, y, side, y)
		c.mark(f.Series[m], at, axis, 4, fmt.Sprintf("%s: average rank %.2f", f.Names[m], f.Ranks[m]))
		c.label("name", end+gap, y+4, anchor, cut(f.Names[m], longest))
		label := fmt.Sprintf("%.2f", f.Ranks[m])
		if anchor == atEnd {
			c.label("value", side+4, y-3, atStart, label)
		} else {
			c.label("value", side-4, y-3, atEnd, label)
		}
	}
	return c.end()
}

// critical draws the critical difference as a ruler, where it fits.
func (f Ranks) critical(c *canvas, x scale, y float64) {
	length := x.at(1+f.Critical) - x.at(1)
	text := fmt.Sprintf("critical difference %.2f", f.Critical)
	if 1+f.Critical > x.high {
		c.label("side", x.to, y, atEnd, text+", wider than all ranks")
		return
	}
	from := x.to - length
	c.line("zero", from, y, x.to, y)
	c.line("zero", from, y-4, from, y+4)
	c.line("zero", x.to, y-4, x.to, y+4)
	c.label("side", x.to, y-8, atEnd, text)
}

// groups are the first and last places, among the methods in order, of the largest groups
// whose ranks lie within the critical difference.
func (f Ranks) groups(order []int) (all [][2]int) {
	last := -1
	for i := range order {
		to := i
		for to+1 < len(order) && f.Ranks[order[to+1]]-f.Ranks[order[i]] < f.Critical {
			to++
		}
		if to > i && to > last {
			all = append(all, [2]int{i, to})
			last = to
		}
	}
	return all
}
