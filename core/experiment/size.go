package experiment

import (
	"fmt"
	"regexp"
	"slices"

	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// sizesKey is the key of an experiment file under which its other sizes stand.
const sizesKey = "sizes"

// sizeNames are the sizes of a file, in its order.
func sizeNames(root *yamltree.Node) []string {
	if sizes := root.Get(sizesKey); sizes != nil && sizes.Kind == yamltree.Mapping {
		return sizes.Names
	}
	return nil
}

// takeSize lays what the file says under a size over the rest of it; "" is the file as it
// stands. The tree is then without its sizes.
func (c *checker) takeSize(name string) {
	sizes := c.root.Get(sizesKey)
	if sizes != nil && sizes.Kind != yamltree.Mapping {
		c.at("expected a section with a name for each size", sizesKey)
	}
	c.sizes = sizeNames(c.root)
	for _, size := range c.sizes {
		c.checkSizeName(size)
	}
	whole := c.root
	c.root = c.root.Without(sizesKey)
	if name == "" {
		return
	}
	if !slices.Contains(c.sizes, name) {
		c.add(0, 0, sizesKey, fmt.Sprintf("the file has no size %q%s", name, schema.Hint(name, c.sizes)))
		return
	}
	over := sizes.Get(name)
	if over.Kind != yamltree.Mapping {
		_, line, column := whole.Find([]string{sizesKey, name})
		c.add(line, column, yamltree.PathString([]string{sizesKey, name}), "expected a section with what the size changes")
		return
	}
	c.root = c.overlaid(over, name)
}

// sizeName is what the name of a size may be: a part of the name of a folder.
var sizeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$`)

func (c *checker) checkSizeName(size string) {
	if !sizeName.MatchString(size) {
		c.at(fmt.Sprintf("the name of the size %q is part of a folder's: expected up to 60 letters, digits, dots, underscores and hyphens", size), sizesKey, size)
	}
	if c.root.Get(sizesKey).Get(size).Get(sizesKey) != nil {
		c.at("a size has no sizes of its own", sizesKey, size, sizesKey)
	}
}

// overlaid is the file with what a size says laid over it, as a method is laid over its
// base; data sets and methods are found by their names. Data sets of which one names a
// plugin are others: they stand in place of the file's.
func (c *checker) overlaid(over *yamltree.Node, size string) *yamltree.Node {
	others := slices.ContainsFunc(over.Get("datasets").Elements(), func(n *yamltree.Node) bool { return n.Get("plugin") != nil })
	for _, list := range []string{"datasets", "methods"} {
		if elements := over.Get(list); elements != nil && elements.Kind == yamltree.Sequence && !(list == "datasets" && others) {
			f := over.Fields[list]
			f.Value = c.byName(c.root.Get(list), elements, yamltree.PathString([]string{sizesKey, size, list}))
			over = over.Without(list)
			over.Set(list, f)
		}
	}
	return yamltree.Merge(c.root, over)
}

// byName lays each element over that of the same name, which must be there.
func (c *checker) byName(base, over *yamltree.Node, path string) *yamltree.Node {
	out := *over
	out.Items = slices.Clone(base.Elements())
	var names []string
	for _, n := range out.Items {
		names = append(names, n.Get("name").Text())
	}
	for _, n := range over.Items {
		name := n.Get("name").Text()
		at := slices.Index(names, name)
		if at < 0 {
			c.add(n.Line, n.Column, path, fmt.Sprintf("a size changes what the file has, and it has no %q here%s", name, schema.Hint(name, names)))
			continue
		}
		out.Items[at] = yamltree.Merge(out.Items[at], n)
	}
	return &out
}

// sizedName is the name of an experiment in a size.
func sizedName(experiment, size string) string {
	if size == "" {
		return experiment
	}
	return experiment + "-" + size
}
