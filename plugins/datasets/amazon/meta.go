package main

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/pyliteral"
	"cllm4rec/plugins/internal/formats/rows"
)

// metadata is one item of the metadata file; fields may be missing.
type metadata struct {
	Item        string     `json:"asin"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Brand       string     `json:"brand"`
	Categories  [][]string `json:"categories"` // paths from the root
}

// streamMeta adds the contents of the items in reviewed. A line that begins
// like JSON is JSON; else it is a Python dictionary, as in the files of 2014.
func streamMeta(ctx context.Context, path string, reviewed map[string]struct{}, w *rows.Documents) error {
	return lines.Each(ctx, path, func(l lines.Line) error {
		m, err := decodeMeta(l)
		if err != nil {
			return err
		}
		if _, ok := reviewed[m.Item]; !ok {
			return nil
		}
		return m.add(w)
	})
}

func (m *metadata) add(w *rows.Documents) error {
	for _, d := range []struct {
		kind contract.TextKind
		text string
	}{
		{contract.TextTitle, m.Title}, {contract.TextDescription, m.Description},
		{contract.TextCategories, m.categories()}, {contract.TextBrand, m.Brand},
	} {
		text := clean(d.text)
		if text == "" {
			continue // the item has no such field
		}
		if err := w.Add(d.kind, "", m.Item, text); err != nil {
			return err
		}
	}
	return nil
}

// categories joins the paths, each name once.
func (m *metadata) categories() string {
	var names []string
	for _, path := range m.Categories {
		for _, name := range path {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

func decodeMeta(l lines.Line) (m metadata, err error) {
	if isPython(l.Bytes) {
		m, err = decodePython(l)
	} else {
		err = decode(l, &m)
	}
	if err == nil && m.Item == "" {
		err = l.Errorf("the item has no asin")
	}
	return m, err
}

// isPython tells a dictionary whose first key stands in single quotes.
func isPython(line []byte) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(string(line[:min(len(line), 16)]), "{"), " ")
	return strings.HasPrefix(rest, "'") || strings.HasPrefix(rest, "u'")
}

func decodePython(l lines.Line) (m metadata, err error) {
	if !utf8.Valid(l.Bytes) {
		return m, l.Errorf("the line is not UTF-8")
	}
	value, err := pyliteral.Parse(string(l.Bytes))
	if err != nil {
		return m, l.Errorf("no Python dictionary: %v", err)
	}
	d, ok := value.(map[string]any)
	if !ok {
		return m, l.Errorf("no Python dictionary")
	}
	for key, into := range map[string]*string{"asin": &m.Item, "title": &m.Title, "description": &m.Description, "brand": &m.Brand} {
		if *into, ok = d[key].(string); !ok && d[key] != nil {
			return m, l.Errorf("the field %s is not a text", key)
		}
	}
	if m.Categories, ok = paths(d["categories"]); !ok {
		return m, l.Errorf("the field categories is not a list of lists of texts")
	}
	return m, nil
}

// paths converts a list of lists of texts.
func paths(v any) (out [][]string, ok bool) {
	if v == nil {
		return nil, true
	}
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	for _, p := range list {
		names, ok := texts(p)
		if !ok {
			return nil, false
		}
		out = append(out, names)
	}
	return out, true
}

func texts(v any) (out []string, ok bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	for _, e := range list {
		s, ok := e.(string)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}
