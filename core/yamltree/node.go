// Package yamltree reads a YAML document into a tree of JSON values in which each
// Value and key remembers where it stands, so that whatever is found to be wrong
// later is told with its line and column.
package yamltree

import (
	"encoding/json"
	"strconv"
)

// Node is a YAML value that remembers where it stands: a mapping (Fields), a
// sequence (Items) or a scalar. Methods that ask may be called on nil, which is a
// Value that is not there.
type Node struct {
	Kind         Kind
	Line, Column int      // from 1
	Names        []string // of the fields, in the order of the file
	Fields       map[string]Field
	Items        []*Node
	Scalar       any    // nil, bool, string or json.Number
	Written      string // a string before ${VAR} was filled in
	Bad          bool   // a problem was told of the scalar already
}

// Kind is the kind of a node.
type Kind int

// The kinds of node.
const (
	Scalar Kind = iota
	Mapping
	Sequence
)

// Field is a value of a mapping and the position of its key.
type Field struct {
	Line, Column int
	Value        *Node
}

// NewMapping is a mapping without fields at a position.
func NewMapping(line, column int) *Node {
	return &Node{Kind: Mapping, Line: line, Column: column, Fields: map[string]Field{}}
}

// Set adds or replaces a field.
func (n *Node) Set(name string, f Field) {
	if _, known := n.Fields[name]; !known {
		n.Names = append(n.Names, name)
	}
	n.Fields[name] = f
}

// Get is the value of a field; nil when there is none or n is no mapping.
func (n *Node) Get(name string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	return n.Fields[name].Value
}

// Elements are the items of a sequence; none for anything else.
func (n *Node) Elements() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// Text is the string value; "" for anything else.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	s, _ := n.Scalar.(string)
	return s
}

// Number is the value of a number; not ok for anything else.
func (n *Node) Number() (value float64, ok bool) {
	if n == nil {
		return 0, false
	}
	j, ok := n.Scalar.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := j.Float64()
	return f, err == nil
}

// Is reports whether n is this boolean.
func (n *Node) Is(b bool) bool {
	if n == nil {
		return false
	}
	got, ok := n.Scalar.(bool)
	return ok && got == b
}

// IsNull reports whether n is the null that somebody wrote.
func (n *Node) IsNull() bool { return n.Kind == Scalar && n.Scalar == nil && !n.Bad }

// Without is a mapping that lacks a field.
func (n *Node) Without(name string) *Node {
	if n.Get(name) == nil {
		return n
	}
	out := NewMapping(n.Line, n.Column)
	for _, other := range n.Names {
		if other != name {
			out.Set(other, n.Fields[other])
		}
	}
	return out
}

// Value converts the tree to what encoding/json decodes into with UseNumber.
func (n *Node) Value() any {
	switch n.Kind {
	case Mapping:
		m := make(map[string]any, len(n.Fields))
		for name, f := range n.Fields {
			m[name] = f.Value.Value()
		}
		return m
	case Sequence:
		s := make([]any, len(n.Items))
		for i, item := range n.Items {
			s[i] = item.Value()
		}
		return s
	default:
		return n.Scalar
	}
}

// Marshal is the tree as JSON with sorted keys.
func (n *Node) Marshal() json.RawMessage {
	if n == nil {
		return json.RawMessage("{}")
	}
	raw, err := json.Marshal(n.Value())
	if err != nil { // cannot happen: the tree holds JSON values only
		return json.RawMessage("{}")
	}
	return raw
}

// Find walks down a path of keys and indices as far as it goes and returns the
// Value (nil when the path leaves the tree) and the position to blame: the key
// of the last field, or the start of the last item, that exists.
func (n *Node) Find(path []string) (found *Node, line, column int) {
	if n == nil {
		return nil, 0, 0
	}
	line, column = n.Line, n.Column
	for _, step := range path {
		next, l, c := n.step(step)
		if next == nil {
			return nil, line, column
		}
		n, line, column = next, l, c
	}
	return n, line, column
}

func (n *Node) step(step string) (next *Node, line, column int) {
	if f, ok := n.Fields[step]; ok {
		return f.Value, f.Line, f.Column
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) {
		return n.Items[i], n.Items[i].Line, n.Items[i].Column
	}
	return nil, 0, 0
}

// Merge lays over on base: mappings field by field at every depth, anything
// else replaced as a whole; a null in over takes a field of base away. Neither
// argument changes.
func Merge(base, over *Node) *Node {
	if base == nil || base.Kind != Mapping || over.Kind != Mapping {
		return over
	}
	out := NewMapping(over.Line, over.Column)
	for _, name := range base.Names {
		out.Set(name, base.Fields[name])
	}
	for _, name := range over.Names {
		f, old := over.Fields[name], base.Get(name)
		switch {
		case old != nil && f.Value.IsNull():
			out = out.Without(name)
			continue
		case old != nil:
			f.Value = Merge(old, f.Value)
		}
		out.Set(name, f)
	}
	return out
}
