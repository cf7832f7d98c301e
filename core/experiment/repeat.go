package experiment

import "cllm4rec/core/yamltree"

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
		splits[i].Selection.Split = d.Selection.Split.Repetition(i)
	}
	return splits
}

// checkRepeat refuses to repeat a split that would be the same each time, or more folds or windows
// than there are.
func (c *checker) checkRepeat(d Dataset, path []string) {
	if d.Repeat == nil {
		return
	}
	if err := d.Split.CheckRepetitions(d.Repeat.Splits); err != nil {
		c.at(err.Error(), yamltree.Extend(path, "repeat")...)
	}
}
