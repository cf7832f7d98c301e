package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
	"cllm4rec/core/search"
	"cllm4rec/core/yamltree"
)

// The samplers of a search.
const (
	SamplerGrid        = "grid"
	SamplerRandom      = "random"
	SamplerQuasiRandom = "quasi_random"
	SamplerTPE         = "tpe"
	SamplerHalving     = "halving"
)

// searchSpace is a space that was checked.
type searchSpace struct {
	parameters []search.Parameter
	notes      []string
}

// count is how many configurations there are, where they are finite and the plugin said what
// they are.
func (s searchSpace) count() (n int, finite bool) {
	space, _, err := search.NewSpace(s.parameters)
	if err != nil {
		return 0, false
	}
	return space.Count()
}

// checkSearch checks the experiment's own search section.
func (c *checker) checkSearch() {
	section := c.root.Get("search")
	if _, err := limit(section.Get("time").Text()); err != nil {
		c.at(err.Error(), "search", "time")
	}
	var metrics []string
	for _, m := range section.Get("metrics").Elements() {
		metrics = append(metrics, m.Text())
	}
	c.checkSelecting(metrics, []string{"search", "metrics"})
	if section.Get("factor") != nil && !c.halves() {
		c.at("factor is for successive halving, and no search here has that sampler: leave it out, or say sampler: halving", "search", "factor")
	}
}

// halves reports whether any search of the experiment has the sampler of successive halving.
func (c *checker) halves() bool {
	if c.root.Get("search").Get("sampler").Text() == SamplerHalving {
		return true
	}
	return slices.ContainsFunc(c.root.Get("methods").Elements(), func(n *yamltree.Node) bool {
		return n.Get("search").Get("sampler").Text() == SamplerHalving
	})
}

// checkMethodSearch resolves the search of the method at path, whose section
// (recommender, cllm4rec) was checked before.
func (c *checker) checkMethodSearch(ctx context.Context, n *yamltree.Node, path []string) {
	at := yamltree.Extend(path, "search")
	before := len(c.problems)
	if n.Get("search") == nil || c.broken[strings.Join(path, ".")] {
		return
	}
	var m MethodSearch
	if err := json.Unmarshal(n.Get("search").Marshal(), &m); err != nil {
		c.at(err.Error(), at...)
		return
	}
	if c.checkSearchable(n, m, path); len(c.problems) > before {
		return
	}
	s, whole := c.searchSpace(n, m, yamltree.Extend(at, "space"))
	if whole && len(c.problems) == before {
		c.checkEnds(ctx, s.parameters, path)
	}
	c.spaces[path[1]] = s
}

// checkSearchable refuses methods that cannot be searched.
func (c *checker) checkSearchable(n *yamltree.Node, m MethodSearch, path []string) {
	at := yamltree.Extend(path, "search")
	if n.Get("ensemble") != nil {
		c.at("an ensemble has no settings to search; its weights are chosen with ensemble: {select: ...}", at...)
	}
	if c.samplerOf(m) == SamplerHalving {
		c.checkHalving(n, m, path)
	}
	if len(m.Space) == 0 {
		c.at("the space is empty; nothing varies", yamltree.Extend(at, "space")...)
	}
	if _, err := limit(m.Time); err != nil {
		c.at(err.Error(), yamltree.Extend(at, "time")...)
	}
	for i, d := range c.root.Get("datasets").Elements() {
		if !c.broken["datasets."+strconv.Itoa(i)] && !hasValidation(d) {
			c.at(fmt.Sprintf("a search is decided on validation, and data set %q has no validation part: give its split a validation share", d.Get("name").Text()), at...)
		}
	}
}

// checkHalving refuses methods without epochs that the rungs could set.
func (c *checker) checkHalving(n *yamltree.Node, m MethodSearch, path []string) {
	at := yamltree.Extend(path, "search")
	u, known := c.uses[strings.Join(yamltree.Extend(path, "recommender"), ".")]
	switch {
	case n.Get("recommender") == nil:
		c.at("successive halving is for a recommender that learns in epochs; take another sampler", at...)
	case known && !u.plugin.Can(contract.CapabilityEpochs):
		c.at(lacks(u.plugin, "does not learn in epochs, which successive halving sets", contract.CapabilityEpochs)+"; take another sampler", at...)
	}
	if _, varied := m.Space[EpochsSetting]; varied {
		c.at("successive halving sets the epochs itself", yamltree.Extend(yamltree.Extend(at, "space"), EpochsSetting)...)
	}
}

// searchSpace resolves the space at a path, whose problems are told by setting. It is not
// whole where one was told, here or where the plugin is named.
func (c *checker) searchSpace(n *yamltree.Node, m MethodSearch, path []string) (s searchSpace, whole bool) {
	before, whole := len(c.problems), true
	for _, name := range m.names() {
		at := yamltree.Extend(path, name)
		p, known := c.property(n, name, at)
		if !known {
			whole = false
			continue
		}
		s.parameters = append(s.parameters, c.parameter(name, m.Space[name], p, at))
	}
	if len(c.problems) > before || !whole {
		return s, false
	}
	for i := range s.parameters { // one after another, so that each problem has its place
		if _, _, err := search.NewSpace(s.parameters[:i+1]); err != nil {
			c.at(strings.TrimPrefix(err.Error(), s.parameters[i].Name+": "), yamltree.Extend(path, s.parameters[i].Name)...)
			return s, false
		}
	}
	space, notes, _ := search.NewSpace(s.parameters) // it was made just now
	s.parameters, s.notes = space.Parameters(), notes
	if c.samplerOf(m) == SamplerGrid {
		if _, err := search.NewGrid(space); err != nil {
			c.at(err.Error(), path...)
		}
	}
	return s, true
}

func (c *checker) samplerOf(m MethodSearch) string {
	if m.Sampler != "" {
		return m.Sampler
	}
	return c.root.Get("search").Get("sampler").Text()
}

// section is the part of a method whose settings are searched, with its key.
func section(n *yamltree.Node) (string, *yamltree.Node) {
	for _, kind := range []string{"recommender", "cllm4rec"} {
		if s := n.Get(kind); s != nil {
			return kind, s
		}
	}
	return "", nil
}

// parameter makes one setting of the space, with the schema's ends where none are given.
func (c *checker) parameter(name string, r Range, p schema.Property, path []string) search.Parameter {
	out := search.Parameter{Name: name, Kind: search.Float, Log: r.Log, Levels: r.Levels, When: c.condition(r, path)}
	if r.Values != nil || (len(p.Enum) > 0 && r.Low == nil && r.High == nil) {
		out.Kind, out.Choices = search.Categorical, r.Values
		if r.Values == nil {
			out.Choices = p.Enum
		}
		if r.Low != nil || r.High != nil || r.Step != nil {
			c.at("expected either values, or low and high, not both", path...)
		}
		return out
	}
	if p.Whole() {
		out.Kind = search.Int
	}
	low, high := or(r.Low, p.Minimum), or(r.High, p.Maximum)
	switch {
	case low == nil || high == nil:
		c.at("expected low and high, or values: the schema of this setting has no such limit", path...)
		return out
	case *low >= *high:
		c.at(fmt.Sprintf("low %v is not below high %v", *low, *high), path...)
	case r.Step != nil && *r.Step > *high-*low:
		c.at(fmt.Sprintf("step %v is larger than the range from %v to %v", *r.Step, *low, *high), path...)
	}
	out.Low, out.High = *low, *high
	if r.Step != nil {
		out.Step = *r.Step
	}
	return out
}

func or(a, b *float64) *float64 {
	if a != nil {
		return a
	}
	return b
}

// condition is what a range says under `when`; nil for none.
func (c *checker) condition(r Range, path []string) *search.Condition {
	if r.When != nil && len(r.When) != 1 {
		c.at("when: expected one other setting", path...)
	}
	for name, value := range r.When {
		in, many := value.([]any)
		if !many {
			in = []any{value}
		}
		return &search.Condition{Name: name, In: in}
	}
	return nil
}

// property is what the schemas say of a setting of a method's section; not known with
// a problem that names the nearest.
func (c *checker) property(n *yamltree.Node, name string, path []string) (schema.Property, bool) {
	kind, _ := section(n)
	keys := strings.Split(name, ".")
	of, inside := methodSchema(), append([]string{kind}, keys...)
	if at := slices.Index(keys, "params"); at >= 0 && strings.Join(keys[:at], ".") == pluginSections[kind] {
		u, found := c.uses[strings.Join(append([]string{"methods", path[1], kind}, keys[:at]...), ".")]
		if !found {
			return schema.Property{}, false // told where the plugin is named
		}
		of, inside = u.plugin.Schema, keys[at+1:]
	}
	if len(inside) == 0 {
		c.at(fmt.Sprintf("there is no setting %q: expected one of its parameters, such as params.NAME", name), path...)
		return schema.Property{}, false
	}
	if p, known := schema.PropertyAt(of, inside); known {
		return p, true
	}
	last := len(inside) - 1
	around, _ := schema.PropertyAt(of, inside[:last])
	c.at(fmt.Sprintf("there is no setting %q%s", name, schema.Hint(inside[last], around.Keys())), path...)
	return schema.Property{}, false
}

// pluginSections say where in a section the plugin is named.
var pluginSections = map[string]string{"recommender": "", "cllm4rec": "backbone"}

// methodSchema is the schema of a method in an experiment file.
func methodSchema() json.RawMessage {
	methods, _ := schema.PropertyAt(Schema(), []string{"methods"}) // it is ours
	return methods.Items
}

// checkEnds tries the ends of every range, one at a time, so that a configuration
// that a plugin refuses is found before any work.
func (c *checker) checkEnds(ctx context.Context, space []search.Parameter, path []string) {
	if len(c.tried(ctx, index(path[1]), nil)) > 0 {
		return // told where they are: they are not the values'
	}
	for _, p := range space {
		for _, value := range ends(p) {
			values := search.Assignment{p.Name: value}
			for when := p.When; when != nil; when = space[slices.IndexFunc(space, func(o search.Parameter) bool { return o.Name == when.Name })].When {
				values[when.Name] = when.In[0]
			}
			if problems := c.tried(ctx, index(path[1]), values); len(problems) > 0 {
				c.at(fmt.Sprintf("the value %v is refused: %s", value, problems[0].Message), append(slices.Clone(path), "search", "space", p.Name)...)
				break
			}
		}
	}
}

// ends are the smallest and the largest number, or all choices.
func ends(p search.Parameter) []any {
	switch p.Kind {
	case search.Categorical:
		return p.Choices
	case search.Int:
		return []any{int64(p.Low), int64(p.High)}
	}
	return []any{p.Low, p.High}
}
