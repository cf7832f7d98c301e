package experiment

import (
	"fmt"
	"slices"
	"strings"
)

// inherit replaces every method that has a base by the base with the method
// laid over it, at every depth. Unknown bases and cycles are problems; such a
// method stays as it is.
func (c *checker) inherit() {
	methods := c.root.get("methods")
	byName := map[string]*node{}
	for _, m := range methods.elements() {
		if name := m.get("name").text(); name != "" && byName[name] == nil {
			byName[name] = m
		}
	}
	for i, m := range methods.elements() {
		c.bases[i] = m.get("row").is(false)
	}
	out := make([]*node, len(methods.elements()))
	for i, m := range methods.elements() {
		before := len(c.problems)
		out[i] = c.resolved(m, byName, nil, fmt.Sprintf("methods[%d].base", i))
		c.orphans[i] = len(c.problems) > before
	}
	if methods != nil {
		methods.items = out
	}
}

// resolved is a method with its chain of bases merged in; below lists the names
// of the methods that led here, from the one whose base stands at path.
func (c *checker) resolved(m *node, byName map[string]*node, below []string, path string) *node {
	base := m.get("base")
	if base.text() == "" {
		return m
	}
	f := m.fields["base"]
	below = append(below, m.get("name").text())
	parent := byName[base.text()]
	switch {
	case slices.Contains(below, base.text()):
		c.add(f.line, f.column, path, fmt.Sprintf("methods inherit in a circle: %s", strings.Join(append(below, base.text()), " -> ")))
		return m
	case parent == nil:
		c.add(f.line, f.column, path, fmt.Sprintf("there is no method %q%s", base.text(), hint(base.text(), keys(byName))))
		return m
	}
	from := c.resolved(parent, byName, below, path).without("row") // which is the base's own affair
	return merge(from, m)
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
