package experiment

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/yamltree"
)

// methodKinds are the keys of a method of which it has exactly one.
func methodKinds() []string { return []string{"recommender", "cllm4rec", "ensemble"} }

func (c *checker) checkMethods(ctx context.Context) {
	runs := false
	for i, n := range c.root.Get("methods").Elements() {
		runs = runs || !c.bases[i]
		if n.Kind == yamltree.Mapping && !c.orphans[i] && !c.bases[i] {
			c.checkMethod(ctx, n, []string{"methods", strconv.Itoa(i)})
		}
	}
	if len(c.bases) > 0 && !runs {
		c.at("every method is only a base (row: false); nothing would be run", "methods")
	}
}

func (c *checker) checkMethod(ctx context.Context, n *yamltree.Node, path []string) {
	var given []string
	for _, kind := range methodKinds() {
		if n.Get(kind) != nil {
			given = append(given, kind)
		}
	}
	switch {
	case len(given) == 0:
		c.at("a method needs one of recommender, cllm4rec and ensemble", path...)
	case len(given) > 1:
		c.at(fmt.Sprintf("a method has one of recommender, cllm4rec and ensemble, not both %s and %s", given[0], given[1]), path...)
	case given[0] == "recommender":
		c.checkUse(ctx, contract.KindRecommender, yamltree.Extend(path, "recommender"))
		c.checkRecommender(ctx, n.Get("recommender"), path)
	case given[0] == "cllm4rec":
		c.checkUse(ctx, contract.KindBackbone, append(yamltree.Extend(path, "cllm4rec"), "backbone"))
		c.checkPipeline(ctx, n.Get("cllm4rec"), path)
	default:
		c.checkEnsemble(n.Get("ensemble"), path)
	}
	c.checkMethodSearch(ctx, n, path)
}

// rows are the names of the methods that are run.
func (c *checker) rows() []string {
	var names []string
	for i, n := range c.root.Get("methods").Elements() {
		if name := n.Get("name").Text(); name != "" && !c.bases[i] {
			names = append(names, name)
		}
	}
	return names
}

// input is a place where a method names another one that it needs.
type input struct {
	name string
	path []string
}

// inputs are the methods that a method needs, in their order.
func inputs(n *yamltree.Node, path []string) []input {
	var all []input
	for i, of := range n.Get("ensemble").Get("of").Elements() {
		all = append(all, input{of.Text(), append(slices.Clip(path), "ensemble", "of", strconv.Itoa(i))})
	}
	for _, kind := range []string{"recommender", "cllm4rec"} {
		for i, f := range n.Get(kind).Get("features").Elements() {
			if f.Get("of") == nil {
				continue
			}
			all = append(all, input{f.Get("of").Text(), append(slices.Clip(path), kind, "features", strconv.Itoa(i), "of")})
		}
	}
	for _, key := range [][2]string{{"linear", "of"}, {"joint", "with"}} {
		if name := n.Get("cllm4rec").Get(key[0]).Get(key[1]); name != nil {
			all = append(all, input{name.Text(), append(slices.Clip(path), "cllm4rec", key[0], key[1])})
		}
	}
	return all
}

// checkInputs refuses methods that need unknown ones, bases, or each other in a circle.
func (c *checker) checkInputs() {
	needs, all := map[string][]string{}, map[string][]input{}
	for i, n := range c.root.Get("methods").Elements() {
		if c.bases[i] {
			continue
		}
		name := n.Get("name").Text()
		for _, in := range inputs(n, []string{"methods", strconv.Itoa(i)}) {
			if in.name == "" {
				continue // the schema said so
			}
			c.checkInput(in)
			all[name], needs[name] = append(all[name], in), append(needs[name], in.name)
		}
	}
	for _, name := range c.rows() {
		for _, in := range all[name] {
			if way := wayBack(needs, in.name, name, map[string]bool{}); way != nil {
				c.at("methods need each other in a circle: "+strings.Join(append([]string{name}, way...), " -> "), in.path...)
			}
		}
	}
}

func (c *checker) checkInput(in input) {
	for i, n := range c.root.Get("methods").Elements() {
		if c.bases[i] && n.Get("name").Text() == in.name {
			c.at(fmt.Sprintf("method %q is only a base (row: false); it is not run", in.name), in.path...)
			return
		}
	}
	c.known("method", in.name, c.rows(), in.path...)
}

// wayBack is the methods from one over those that it needs to another; nil when
// there is no way.
func wayBack(needs map[string][]string, from, to string, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	if seen[from] {
		return nil
	}
	seen[from] = true
	for _, next := range needs[from] {
		if way := wayBack(needs, next, to, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// dropBases takes the methods that are only bases out of the tree and returns the
// numbers that the others had.
func (c *checker) dropBases() []int {
	methods := c.root.Get("methods")
	var rows []int
	var kept []*yamltree.Node
	for i, n := range methods.Elements() {
		if !c.bases[i] {
			rows, kept = append(rows, i), append(kept, n)
		}
	}
	methods.Items = kept
	return rows
}

// methodPlan resolves the method that had number i in the file.
func (c *checker) methodPlan(i int, m Method) (MethodPlan, error) {
	at := "methods." + strconv.Itoa(i)
	switch {
	case m.Recommender != nil:
		return c.recommenderPlan(m, at+".recommender")
	case m.Ensemble != nil:
		return MethodPlan{Name: m.Name, Ensemble: m.Ensemble.fusion()}, nil
	}
	settings, err := m.Pipeline.Resolve()
	if err != nil {
		return MethodPlan{}, err
	}
	features, err := c.featurePlans(m.Pipeline.Features, at+".cllm4rec")
	return MethodPlan{Name: m.Name, Plugin: c.pluginPlan(at + ".cllm4rec.backbone"), Features: features, Pipeline: &settings}, err
}

// recommenderPlan resolves a recommender, whose section is at a path.
func (c *checker) recommenderPlan(m Method, at string) (MethodPlan, error) {
	features, err := c.featurePlans(m.Recommender.Features, at)
	if err != nil {
		return MethodPlan{}, err
	}
	rows, err := c.textRowPlans(m.Recommender.TextRows)
	return MethodPlan{
		Name: m.Name, Plugin: c.pluginPlan(at), Features: features, TextRows: rows, Train: trainSettings(c.uses[at].plugin, m.Recommender.Train),
	}, err
}

// fillNeeds finds the methods that each one needs, by name.
func (p *Plan) fillNeeds(methods []Method) {
	for i, m := range methods {
		switch {
		case m.Ensemble != nil:
			for _, name := range m.Ensemble.Of {
				p.Methods[i].Needs = append(p.Methods[i].Needs, p.place(name))
			}
		default:
			for _, f := range p.Methods[i].Taken() {
				p.Methods[i].Needs = append(p.Methods[i].Needs, p.place(f.Of))
			}
		}
	}
}

// place is that of a method in the plan, by name.
func (p *Plan) place(name string) int {
	return slices.IndexFunc(p.Methods, func(m MethodPlan) bool { return m.Name == name })
}
