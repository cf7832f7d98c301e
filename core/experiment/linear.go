package experiment

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/yamltree"
)

// checkHead refuses what the item head of a backbone lacks. at leads to the pipeline's
// section.
func (c *checker) checkHead(s cllm4rec.Settings, at []string) {
	u, ok := c.uses[strings.Join(yamltree.Extend(at, "backbone"), ".")]
	if !ok {
		return
	}
	for _, asked := range []struct {
		is         bool
		capability contract.Capability
		path       []string
	}{
		{s.ItemBias, contract.CapabilityItemBias, []string{"item_bias"}},
		{s.Finetune.Exclude, contract.CapabilityExcluded, []string{"finetune", "exclude_history"}},
		{s.Prompts > 1, contract.CapabilityMeanPrompts, []string{"prompts"}},
		{s.Rank.By == cllm4rec.RankGeneration, contract.CapabilityGeneration, []string{"rank", "by"}},
		{s.Head == cllm4rec.HeadExtended, contract.CapabilityExtendedHead, []string{"head"}},
		{s.Cold.NeedsNewcomers(), contract.CapabilityNewcomers, []string{"cold"}},
	} {
		if asked.is && !u.plugin.Can(asked.capability) {
			c.at(fmt.Sprintf("backbone plugin %s lacks the capability %q", u.plugin.Name, asked.capability), append(slices.Clip(at), asked.path...)...)
		}
	}
}

// checkTokens checks what the item tokens of a pipeline are made of. at leads to its
// section.
func (c *checker) checkTokens(ctx context.Context, s cllm4rec.Settings, n *yamltree.Node, at []string) {
	features := n.Get("features")
	switch {
	case s.Tokens.Mapped() && features == nil:
		c.at("there are no features to make tokens of: give features", yamltree.Extend(at, "tokens")...)
		return
	case !s.Tokens.Mapped() && features != nil:
		c.at("features have no effect without tokens: {from: features}", yamltree.Extend(at, "features")...)
		return
	case !s.Tokens.Mapped():
		return
	}
	if u, ok := c.uses[strings.Join(yamltree.Extend(at, "backbone"), ".")]; ok && !u.plugin.Can(contract.CapabilityItemMap) {
		c.at(fmt.Sprintf("backbone plugin %s makes no tokens of features: it lacks the capability %q", u.plugin.Name, contract.CapabilityItemMap), yamltree.Extend(at, "tokens")...)
	}
	for i, f := range features.Elements() {
		path := yamltree.Extend(yamltree.Extend(at, "features"), strconv.Itoa(i))
		if f.Get("entity").Text() == string(contract.EntityUser) {
			c.at("tokens are made of features of items", yamltree.Extend(path, "entity")...)
		}
		if f.Get("tfidf") != nil && f.Get("svd") == nil {
			c.at("tokens are made of dense vectors, and tfidf makes sparse ones: say svd, such as svd: 192", path...)
		}
	}
	c.checkFeatures(ctx, n, at)
}

// checkLinear checks the linear part of a pipeline. at leads to its section.
func (c *checker) checkLinear(s cllm4rec.Settings, at []string) {
	if s.Linear == nil || s.Linear.Grid == nil {
		return
	}
	path := yamltree.Extend(at, "linear")
	c.checkSelecting(s.Linear.Metrics, yamltree.Extend(path, "metrics"))
	for i, d := range c.root.Get("datasets").Elements() {
		if !c.broken["datasets."+strconv.Itoa(i)] && !hasValidation(d) {
			c.at(fmt.Sprintf("gamma is chosen on validation, and data set %q has no validation part: give its split a validation share, or gamma a number", d.Get("name").Text()), path...)
		}
	}
}

// fusion adds the scores of the linear part to those of the learned part.
func fusion(l *cllm4rec.LinearSettings) *Fusion {
	f := &Fusion{Fuse: FuseLinear, Depth: l.Depth}
	if gamma, given := l.Given(); given {
		f.Weights = []float64{1, gamma}
		return f
	}
	f.Grid, f.Metrics = [][]float64{{1}, l.Grid}, l.Metrics
	return f
}

// addLinear turns each pipeline with a linear part into the sum of two rows: the
// pipeline without it, which the file must have as a row of its own, and the linear
// part. rows are the numbers that methods had in the file.
func (c *checker) addLinear(p *Plan, methods []Method, rows []int) error {
	var problems Problems
	for i, m := range p.Methods {
		if m.Pipeline == nil || m.Pipeline.Linear == nil {
			continue
		}
		learned := slices.IndexFunc(p.Methods, func(other MethodPlan) bool { return sameWithoutLinear(other, m) })
		if learned < 0 {
			_, line, column := c.root.Find([]string{"methods", strconv.Itoa(i), "cllm4rec", "linear"})
			problems = append(problems, Problem{File: c.file, Line: line, Column: column, Path: fmt.Sprintf("methods[%d].cllm4rec.linear", rows[i]),
				Message: "there is no row that is the same without linear, its search included: add it, for it is what the scores of linear.of are added to"})
			continue
		}
		p.Methods[i] = MethodPlan{Name: m.Name, Ensemble: fusion(m.Pipeline.Linear), Needs: []int{learned, p.place(methods[i].Pipeline.Linear.Of)}}
	}
	return sorted(problems).Err()
}

// sameWithoutLinear reports whether a method is the pipeline m but for the latter's
// linear part. Where both have the same search, the row runs what the other's finds.
func sameWithoutLinear(other, m MethodPlan) bool {
	if other.Pipeline == nil || other.Pipeline.Linear != nil {
		return false
	}
	settings := *m.Pipeline
	settings.Linear = nil
	m.Name, m.Needs, m.Pipeline, other.Name, other.Needs = "", nil, &settings, "", nil
	return reflect.DeepEqual(other, m)
}
