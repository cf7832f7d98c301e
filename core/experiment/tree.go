package experiment

import (
	"encoding/json"
	"strconv"
)

// node is a YAML value that remembers where it stands: a mapping (fields), a
// sequence (items) or a scalar (nil, bool, string or json.Number).
type node struct {
	kind         nodeKind
	line, column int
	names        []string // of the fields, in the order of the file
	fields       map[string]field
	items        []*node
	scalar       any
	written      string // a string scalar before ${VAR} was filled in
	bad          bool   // a problem was told of the scalar already
}

type nodeKind int

const (
	scalarNode nodeKind = iota
	mappingNode
	sequenceNode
)

// field is a value of a mapping and the position of its key.
type field struct {
	line, column int
	value        *node
}

func newMapping(line, column int) *node {
	return &node{kind: mappingNode, line: line, column: column, fields: map[string]field{}}
}

// set adds or replaces a field.
func (n *node) set(name string, f field) {
	if _, known := n.fields[name]; !known {
		n.names = append(n.names, name)
	}
	n.fields[name] = f
}

// get is the value of a field; nil when there is none or n is no mapping.
func (n *node) get(name string) *node {
	if n == nil || n.kind != mappingNode {
		return nil
	}
	return n.fields[name].value
}

// elements are the items of a sequence; none for anything else.
func (n *node) elements() []*node {
	if n == nil {
		return nil
	}
	return n.items
}

// text is the string value; "" for anything else.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	s, _ := n.scalar.(string)
	return s
}

// is reports whether n is this boolean.
func (n *node) is(b bool) bool {
	if n == nil {
		return false
	}
	got, ok := n.scalar.(bool)
	return ok && got == b
}

// isNull reports whether n is the null that somebody wrote.
func (n *node) isNull() bool { return n.kind == scalarNode && n.scalar == nil && !n.bad }

// without is a mapping that lacks a field.
func (n *node) without(name string) *node {
	if n.get(name) == nil {
		return n
	}
	out := newMapping(n.line, n.column)
	for _, other := range n.names {
		if other != name {
			out.set(other, n.fields[other])
		}
	}
	return out
}

// value converts the tree to what encoding/json decodes into with UseNumber.
func (n *node) value() any {
	switch n.kind {
	case mappingNode:
		m := make(map[string]any, len(n.fields))
		for name, f := range n.fields {
			m[name] = f.value.value()
		}
		return m
	case sequenceNode:
		s := make([]any, len(n.items))
		for i, item := range n.items {
			s[i] = item.value()
		}
		return s
	default:
		return n.scalar
	}
}

// marshal is the tree as JSON with sorted keys.
func (n *node) marshal() json.RawMessage {
	if n == nil {
		return json.RawMessage("{}")
	}
	raw, err := json.Marshal(n.value())
	if err != nil { // cannot happen: the tree holds JSON values only
		return json.RawMessage("{}")
	}
	return raw
}

// find walks down a path of keys and indices as far as it goes and returns the
// value (nil when the path leaves the tree) and the position to blame: the key
// of the last field, or the start of the last item, that exists.
func (n *node) find(path []string) (found *node, line, column int) {
	if n == nil {
		return nil, 0, 0
	}
	line, column = n.line, n.column
	for _, step := range path {
		next, l, c := n.step(step)
		if next == nil {
			return nil, line, column
		}
		n, line, column = next, l, c
	}
	return n, line, column
}

func (n *node) step(step string) (next *node, line, column int) {
	if f, ok := n.fields[step]; ok {
		return f.value, f.line, f.column
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
		return n.items[i], n.items[i].line, n.items[i].column
	}
	return nil, 0, 0
}

// merge lays over on base: mappings field by field at every depth, anything
// else replaced as a whole; a null in over takes a field of base away. Neither
// argument changes.
func merge(base, over *node) *node {
	if base == nil || base.kind != mappingNode || over.kind != mappingNode {
		return over
	}
	out := newMapping(over.line, over.column)
	for _, name := range base.names {
		out.set(name, base.fields[name])
	}
	for _, name := range over.names {
		f, old := over.fields[name], base.get(name)
		switch {
		case old != nil && f.value.isNull():
			out = out.without(name)
			continue
		case old != nil:
			f.value = merge(old, f.value)
		}
		out.set(name, f)
	}
	return out
}
