package experiment

import (
	"fmt"

	"cllm4rec/core/data"
	"cllm4rec/core/yamltree"
)

// repeated is the data set once for each of its splits. The first split is the one
// that it has without repetition, so that its records stay good.
func (d DatasetPlan) repeated(r *Repeat) []DatasetPlan {
	if r == nil {
		return []DatasetPlan{d}
	}
	splits := make([]DatasetPlan, r.Splits)
	for i := range splits {
		splits[i] = d
		splits[i].Repetition = i + 1
		splits[i].Selection.Split.Seed += uint64(i)
	}
	return splits
}

// checkRepeat refuses to repeat a split that would be the same each time.
func (c *checker) checkRepeat(d Dataset, path []string) {
	if d.Repeat == nil {
		return
	}
	s := d.Split
	if s.Method != data.MethodRatio || s.Order == data.OrderTime {
		what := "method " + s.Method
		if s.Method == data.MethodRatio {
			what += " with order " + s.Order
		}
		c.at(fmt.Sprintf("%s draws nothing at random, so that every split would be the same; expected method ratio with order random, or no repeat", what), yamltree.Extend(path, "repeat")...)
	}
}
