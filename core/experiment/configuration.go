package experiment

import (
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/search"
	"cllm4rec/core/yamltree"
)

// Source is the file that a plan with a search was made of, and how it was read: configurations
// are planned from it.
type Source struct {
	File    string  `json:"file"` // absolute
	Text    string  `json:"text"`
	Options Options `json:"options"` // without Plugins on disk; see Plan.Attach
	Rows    []int   `json:"rows"`    // number in the file of each method of the plan
}

// source is what the checker's plan is made of; nil when nothing is searched.
func (c *checker) source(p *Plan, rows []int) (s *Source, err error) {
	if !slices.ContainsFunc(p.Methods, func(m MethodPlan) bool { return m.Search != nil }) {
		return nil, nil
	}
	s = &Source{Text: string(c.text), Options: c.options, Rows: rows}
	if s.File, err = filepath.Abs(c.file); err != nil {
		return nil, err
	}
	if s.Options.Data, err = Data.Dir(c.options.Data, c.dir); err != nil {
		return nil, err
	}
	s.Options.Models, err = Models.Dir(c.options.Models, c.dir)
	return s, err
}

// Attach gives a plan that was read from disk the plugins that it asks about configurations.
func (p *Plan) Attach(plugins Catalogue) {
	if p.Source != nil {
		p.Source.Options.Plugins = plugins
	}
}

// Configuration is a method of the plan with these values of its searched settings, in
// place of those that the file gives. ErrInvalid with every problem when the plugin
// refuses them; ErrOrder for a plan without searches.
func (p *Plan) Configuration(ctx context.Context, method int, values search.Assignment) (MethodPlan, error) {
	if p.Source == nil || p.Source.Options.Plugins == nil {
		return MethodPlan{}, contract.Errorf(contract.ErrOrder, "a plan without searches, or without plugins, has no configurations")
	}
	c, err := p.Source.configured(p.Source.Rows[method], values)
	if err != nil {
		return MethodPlan{}, err
	}
	c.check(ctx)
	if err := c.err(ctx); err != nil {
		return MethodPlan{}, err
	}
	q, err := c.plan()
	if err != nil {
		return MethodPlan{}, err
	}
	return q.Methods[len(q.Methods)-1], nil // behind those that it needs
}

// tried are the problems that a configuration of the method with this number would have.
func (c *checker) tried(ctx context.Context, method int, values search.Assignment) Problems {
	other, err := (&Source{c.file, string(c.text), c.options, nil}).configured(method, values)
	if err != nil {
		return Problems{{Message: err.Error()}}
	}
	other.check(ctx)
	return other.problems
}

// configured is the checker of a file that holds one configuration, behind the methods that
// it needs as the file gives them.
func (s *Source) configured(method int, values search.Assignment) (*checker, error) {
	c, err := newChecker(s.File, []byte(s.Text), s.Options)
	if err != nil {
		return nil, err
	}
	c.inherit()
	methods := c.root.Get("methods")
	n := methods.Items[method].Without("search").Without("base").Without("row")
	kind, _ := section(n)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		n = yamltree.Merge(n, overlay(n, append([]string{kind}, strings.Split(name, ".")...), values[name]))
	}
	methods.Items = append(c.needed(n), n)
	c.root = c.root.Without("table").Without("search")
	c.bases, c.orphans = map[int]bool{}, map[int]bool{}
	return c, nil
}

// needed are the methods that a method needs, and those that these need, each once and behind
// its own, without their searches.
func (c *checker) needed(n *yamltree.Node) (all []*yamltree.Node) {
	seen := map[string]bool{}
	var visit func(n *yamltree.Node)
	visit = func(n *yamltree.Node) {
		for _, in := range inputs(n, nil) {
			for _, other := range c.root.Get("methods").Elements() {
				if other.Get("name").Text() == in.name && !seen[in.name] {
					seen[in.name] = true
					visit(other)
					all = append(all, other.Without("search").Without("base").Without("row"))
				}
			}
		}
	}
	visit(n)
	return all
}

// overlay is a mapping that has nothing but a value at a path of keys; at is where
// problems with it are told.
func overlay(at *yamltree.Node, path []string, value any) *yamltree.Node {
	if len(path) == 0 {
		return &yamltree.Node{Kind: yamltree.Scalar, Line: at.Line, Column: at.Column, Scalar: scalar(value)}
	}
	out := yamltree.NewMapping(at.Line, at.Column)
	out.Set(path[0], yamltree.Field{Line: at.Line, Column: at.Column, Value: overlay(at, path[1:], value)})
	return out
}

// scalar is a number, a word or a truth value as the tree holds it.
func scalar(value any) any {
	switch v := value.(type) {
	case float64:
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	}
	return value
}

// Choose takes what a search chose into the plan: the trials of the method on that
// data set, and of those that need it, have keys from then on.
func (p *Plan) Choose(c Choice) error {
	p.Choices = slices.DeleteFunc(p.Choices, func(old Choice) bool { return old.Dataset == c.Dataset && old.Method == c.Method })
	p.Choices = append(p.Choices, c)
	p.Trials = nil
	return p.fillTrials()
}

// choice is what was chosen for a method on a data set; nil before.
func (p *Plan) choice(dataset, method int) *Choice {
	at := slices.IndexFunc(p.Choices, func(c Choice) bool { return c.Dataset == dataset && c.Method == method })
	if at < 0 {
		return nil
	}
	return &p.Choices[at]
}

// Hopeless is the name of a method without which another one has no trial on a data set: its
// search is over and found no configuration. "" where there is none.
func (p *Plan) Hopeless(dataset, method int) string {
	if c := p.choice(dataset, method); c != nil && c.Best < 0 {
		return p.Methods[method].Name
	}
	for _, need := range p.Methods[method].Needs {
		if name := p.Hopeless(dataset, need); name != "" {
			return name
		}
	}
	return ""
}

// MethodOf is the method of a trial, with the values that a search chose.
func (p *Plan) MethodOf(t Trial) MethodPlan {
	m := p.Methods[t.Method]
	if c := p.choice(t.Dataset, t.Method); c != nil && c.Best >= 0 {
		chosen := c.Plan
		chosen.Name, chosen.Needs, chosen.Search = m.Name, m.Needs, m.Search
		return chosen
	}
	return m
}

// Trying is the plan that measures one configuration of a method on the validation part
// of a data set, and on nothing else. Its last trial does that (Trial); those before it are
// those of the plan that the method needs. ErrOrder while they are not known.
func (p *Plan) Trying(dataset, method int, m MethodPlan) (*Plan, error) {
	needs, known := p.SearchNeeds(dataset, method)
	if !known {
		return nil, contract.Errorf(contract.ErrOrder, "the search of %s comes after that of a method whose vectors it takes", p.Methods[method].Name)
	}
	q, last := p.alone(dataset), Trial{Method: len(needs), Seed: p.Seeds[0]}
	for i, need := range needs {
		q.Methods = append(q.Methods, MethodPlan{Name: p.Methods[need.Method].Name}) // its trial is as it is
		q.Trials = append(q.Trials, Trial{TrainKey: need.TrainKey, Key: need.Key, Method: i, Seed: need.Seed})
		last.Needs = append(last.Needs, i)
	}
	m.Name, m.Needs, m.Search = p.Methods[method].Name, last.Needs, nil
	q.Methods = append(q.Methods, m)
	q.Parts, q.Evaluate.Metrics = []contract.Part{contract.PartValidation}, p.Methods[method].Search.Metrics
	if err := q.fillDepth(); err != nil {
		return nil, err
	}
	return q, q.addTrial(last)
}

// SearchNeeds are the trials that each configuration of a searched method reads, in the order
// of the method's needs; not known while a search that they wait for has not chosen.
func (p *Plan) SearchNeeds(dataset, method int) (needs []Trial, known bool) {
	for _, need := range p.Methods[method].Needs {
		at := slices.IndexFunc(p.Trials, func(t Trial) bool { return t.Dataset == dataset && t.Method == need && t.Seed == p.Seeds[0] })
		if at < 0 {
			return nil, false
		}
		needs = append(needs, p.Trials[at])
	}
	return needs, true
}

// Trial is the last one of a plan that Trying or Alone made.
func (p *Plan) Trial() Trial { return p.Trials[len(p.Trials)-1] }

// Alone is the plan of one method, which needs no other, on one data set with one seed.
func (p *Plan) Alone(dataset int, m MethodPlan) (*Plan, error) {
	q := p.alone(dataset)
	m.Search = nil
	q.Methods = []MethodPlan{m}
	return q, q.fillTrials()
}

// alone is a plan without methods on one data set with one seed.
func (p *Plan) alone(dataset int) *Plan {
	return &Plan{
		Schema: p.Schema, Name: p.Name, Seeds: p.Seeds[:1], Datasets: p.Datasets[dataset : dataset+1], Evaluate: p.Evaluate,
		Limits: p.Limits, ExactBinaries: p.ExactBinaries,
	}
}
