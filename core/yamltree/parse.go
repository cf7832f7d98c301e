package yamltree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bounds that no honest file meets; they stop alias bombs.
const (
	MaxBytes = 4 << 20 // of a file
	MaxDepth = 100     // of values in values
	maxNodes = 200_000
)

// Expand gives the value of ${NAME}.
type Expand func(name string) (string, error)

// parser turns YAML into a tree and collects what is wrong on the way.
type parser struct {
	file     string
	expand   Expand
	problems Problems
	nodes    int
	aliases  []*yaml.Node // being followed, to see a cycle
}

// Parse reads one YAML document. Duplicate keys, unknown tags, values that JSON
// cannot hold, unknown variables and alias bombs are problems.
func Parse(file string, text []byte, expand Expand) (*Node, Problems) {
	p := &parser{file: file, expand: expand}
	if len(text) > MaxBytes {
		p.add(0, 0, nil, fmt.Sprintf("the file has more than the %d bytes that are read", MaxBytes))
		return nil, p.problems
	}
	doc, ok := p.document(text)
	if !ok {
		return nil, p.problems
	}
	root := p.convert(doc, nil)
	if p.nodes > maxNodes {
		root = nil // what is left of it has problems of its own
	}
	return root, p.problems
}

// document parses the text's only document.
func (p *parser) document(text []byte) (*yaml.Node, bool) {
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(asVersion11(text)))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		p.add(1, 1, nil, "the file is empty")
		return nil, false
	case err != nil:
		p.syntax(err, text)
		return nil, false
	}
	if err := dec.Decode(&second); err == nil {
		p.add(second.Line, second.Column, nil, "a second YAML document starts here; expected one")
	} else if !errors.Is(err, io.EOF) {
		p.syntax(err, text)
	}
	return doc.Content[0], len(p.problems) == 0
}

func (p *parser) add(line, column int, path []string, message string) {
	p.problems = append(p.problems, Problem{p.file, line, column, PathString(path), message})
}

// convert is the tree under n; after a problem it holds a null in the bad place.
func (p *parser) convert(n *yaml.Node, path []string) *Node {
	null := &Node{Line: n.Line, Column: n.Column}
	if p.nodes++; p.nodes > maxNodes {
		if p.nodes == maxNodes+1 {
			p.add(n.Line, n.Column, nil, fmt.Sprintf("the file unfolds to more than %d values", maxNodes))
		}
		return null
	}
	if len(path) > MaxDepth {
		p.add(n.Line, n.Column, nil, fmt.Sprintf("values are nested more than %d deep", MaxDepth))
		return null
	}
	switch n.Kind {
	case yaml.MappingNode:
		return p.mapping(n, path)
	case yaml.SequenceNode:
		return p.sequence(n, path)
	case yaml.AliasNode:
		return p.alias(n, path)
	default:
		return p.scalar(n, path)
	}
}

func (p *parser) alias(n *yaml.Node, path []string) *Node {
	if slices.Contains(p.aliases, n.Alias) {
		p.add(n.Line, n.Column, path, fmt.Sprintf("alias *%s contains itself", n.Value))
		return &Node{Line: n.Line, Column: n.Column}
	}
	p.aliases = append(p.aliases, n.Alias)
	defer func() { p.aliases = p.aliases[:len(p.aliases)-1] }()
	return p.convert(n.Alias, path)
}

func (p *parser) sequence(n *yaml.Node, path []string) *Node {
	out := &Node{Kind: Sequence, Line: n.Line, Column: n.Column, Items: []*Node{}}
	for i, item := range n.Content {
		out.Items = append(out.Items, p.convert(item, Extend(path, strconv.Itoa(i))))
	}
	return out
}

func (p *parser) mapping(n *yaml.Node, path []string) *Node {
	out := NewMapping(n.Line, n.Column)
	var inherited []*Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			p.add(key.Line, key.Column, path, "a key must be a plain word")
		case key.ShortTag() == "!!merge":
			inherited = append(inherited, p.mergeKey(value, path)...)
		case out.Get(key.Value) != nil:
			p.add(key.Line, key.Column, Extend(path, key.Value), fmt.Sprintf("key repeated; first on line %d", out.Fields[key.Value].Line))
		default:
			out.Set(key.Value, Field{key.Line, key.Column, p.convert(value, Extend(path, key.Value))})
		}
	}
	for _, from := range inherited {
		out.addMissing(from)
	}
	return out
}

// mergeKey is the mappings under "<<", the strongest first.
func (p *parser) mergeKey(value *yaml.Node, path []string) []*Node {
	v := p.convert(value, Extend(path, "<<"))
	from := []*Node{v}
	if v.Kind == Sequence {
		from = v.Items
	}
	for _, m := range from {
		if m.Kind != Mapping {
			p.add(value.Line, value.Column, path, "<< expects a mapping or a list of mappings")
			return nil
		}
	}
	return from
}

// addMissing copies the fields that n does not have itself.
func (n *Node) addMissing(from *Node) {
	for _, name := range from.Names {
		if _, own := n.Fields[name]; !own {
			n.Set(name, from.Fields[name])
		}
	}
}

func (p *parser) scalar(n *yaml.Node, path []string) *Node {
	out := &Node{Line: n.Line, Column: n.Column}
	var err error
	switch tag := n.ShortTag(); tag {
	case "!!null":
	case "!!bool":
		var b bool
		err = n.Decode(&b)
		out.Scalar = b
	case "!!int", "!!float":
		out.Scalar, err = number(n)
	case "!!str", "!!timestamp":
		out.Written = n.Value
		out.Scalar, err = p.fill(n.Value)
	default:
		err = fmt.Errorf("tag %s is not understood", tag)
	}
	if err != nil {
		p.add(n.Line, n.Column, path, strings.TrimPrefix(err.Error(), "yaml: "))
		out.Scalar, out.Bad = nil, true
	}
	return out
}

// number keeps integers exact and writes floats the way encoding/json does.
func number(n *yaml.Node) (json.Number, error) {
	var u uint64
	var i int64
	var f float64
	if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
		return json.Number(strconv.FormatInt(i, 10)), nil
	}
	if n.ShortTag() == "!!int" && n.Decode(&u) == nil {
		return json.Number(strconv.FormatUint(u, 10)), nil
	}
	if whole.MatchString(n.Value) {
		return "", fmt.Errorf("%s does not fit into 64 bits", n.Value)
	}
	if err := n.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%s is not a finite number", n.Value)
	}
	raw, err := json.Marshal(f)
	return json.Number(raw), err
}

var whole = regexp.MustCompile(`^[-+]?[0-9]+$`)

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// fill replaces each ${NAME}.
func (p *parser) fill(s string) (string, error) {
	var failed error
	out := variable.ReplaceAllStringFunc(s, func(m string) string {
		v, err := p.expand(m[2 : len(m)-1])
		if err != nil && failed == nil {
			failed = err
		}
		return v
	})
	return out, failed
}

// Extend is a path with one more step; path itself does not change.
func Extend(path []string, step string) []string {
	return append(slices.Clip(path), step)
}
