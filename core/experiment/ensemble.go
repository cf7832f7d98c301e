package experiment

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/train"
	"cllm4rec/core/yamltree"
)

// mostWeights is how many combinations of weights may be tried.
const mostWeights = 1000

// checkEnsemble checks the weights of an ensemble. path leads to the method.
func (c *checker) checkEnsemble(n *yamltree.Node, path []string) {
	if c.broken[strings.Join(path, ".")] {
		return
	}
	at := yamltree.Extend(path, "ensemble")
	var e Ensemble
	if err := json.Unmarshal(n.Marshal(), &e); err != nil {
		c.at(err.Error(), at...)
		return
	}
	switch {
	case e.Weights != nil && e.Select != nil:
		c.at("weights are given, and select, which chooses them: remove one", yamltree.Extend(at, "weights")...)
	case e.Weights != nil && len(e.Weights) != len(e.Of):
		c.at(fmt.Sprintf("there are %d weights for %d methods", len(e.Weights), len(e.Of)), yamltree.Extend(at, "weights")...)
	case e.Select != nil:
		c.checkGrid(e, yamltree.Extend(at, "select"))
	}
}

// checkGrid checks what weights are to be chosen from, and by what.
func (c *checker) checkGrid(e Ensemble, path []string) {
	grid := yamltree.Extend(path, "grid")
	if len(e.Select.Grid) != len(e.Of) {
		c.at(fmt.Sprintf("there are lists of weights for %d methods, and there are %d", len(e.Select.Grid), len(e.Of)), grid...)
		return
	}
	combinations := 1
	for i, weights := range e.Select.Grid {
		if len(weights) == 0 || slices.ContainsFunc(weights, func(w float64) bool { return w < 0 }) {
			c.at("expected weights from 0, one at least", yamltree.Extend(grid, strconv.Itoa(i))...)
			return
		}
		combinations = min(combinations*len(weights), mostWeights+1)
	}
	switch {
	case combinations > mostWeights:
		c.at(fmt.Sprintf("these are more than %d combinations", mostWeights), grid...)
	case len(e.fusion().Combinations()) == 0:
		c.at("every weight is 0", grid...)
	}
	c.checkSelecting(e.Select.Metrics, yamltree.Extend(path, "metrics"))
	for i, d := range c.root.Get("datasets").Elements() {
		if !c.broken["datasets."+strconv.Itoa(i)] && !hasValidation(d) {
			c.at(fmt.Sprintf("weights are chosen on validation, and data set %q has no validation part: give its split a validation share, or give weights", d.Get("name").Text()), path...)
		}
	}
}

// fusion is the ensemble with all its weights, or with what they are chosen from.
func (e *Ensemble) fusion() *Fusion {
	f := &Fusion{Fuse: e.Fuse, Weights: e.Weights, Depth: e.Depth}
	if e.Select != nil {
		f.Grid, f.Metrics = e.Select.Grid, e.Select.Metrics
		if f.Metrics == nil {
			f.Metrics = train.DefaultMetrics()
		}
		return f
	}
	if f.Weights == nil {
		f.Weights = slices.Repeat([]float64{1}, len(e.Of))
	}
	return f
}

// Combinations are the weights of the grid, one of each list, the last changing
// fastest; those that are all 0 are left out.
func (f *Fusion) Combinations() [][]float64 {
	all := [][]float64{nil}
	for _, weights := range f.Grid {
		var longer [][]float64
		for _, before := range all {
			for _, w := range weights {
				longer = append(longer, append(slices.Clone(before), w))
			}
		}
		all = longer
	}
	return slices.DeleteFunc(all, func(weights []float64) bool {
		return !slices.ContainsFunc(weights, func(w float64) bool { return w > 0 })
	})
}
