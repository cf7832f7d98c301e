package experiment

import (
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// inherit replaces every method that has a base by the base with the method
// laid over it, at every depth. Unknown bases and cycles are problems; such a
// method stays as it is.
func (c *checker) inherit() {
	methods := c.root.Get("methods")
	byName := map[string]*yamltree.Node{}
	for _, m := range methods.Elements() {
		if name := m.Get("name").Text(); name != "" && byName[name] == nil {
			byName[name] = m
		}
	}
	for i, m := range methods.Elements() {
		c.bases[i] = m.Get("row").Is(false)
	}
	out := make([]*yamltree.Node, len(methods.Elements()))
	for i, m := range methods.Elements() {
		before := len(c.problems)
		out[i] = c.resolved(m, byName, nil, fmt.Sprintf("methods[%d].base", i))
		c.orphans[i] = len(c.problems) > before
	}
	if methods != nil {
		methods.Items = out
	}
}

// resolved is a method with its chain of bases merged in; below lists the names
// of the methods that led here, from the one whose base stands at path.
func (c *checker) resolved(m *yamltree.Node, byName map[string]*yamltree.Node, below []string, path string) *yamltree.Node {
	base := m.Get("base")
	if base.Text() == "" {
		return m
	}
	f := m.Fields["base"]
	below = append(below, m.Get("name").Text())
	parent := byName[base.Text()]
	switch {
	case slices.Contains(below, base.Text()):
		c.add(f.Line, f.Column, path, fmt.Sprintf("methods inherit in a circle: %s", strings.Join(append(below, base.Text()), " -> ")))
		return m
	case parent == nil:
		c.add(f.Line, f.Column, path, fmt.Sprintf("there is no method %q%s", base.Text(), schema.Hint(base.Text(), keys(byName))))
		return m
	}
	from := c.resolved(parent, byName, below, path).Without("row") // which is the base's own affair
	return yamltree.Merge(from, m)
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
