package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// metadata is one item of the metadata file; what is missing is "".
type metadata struct {
	item, title, description, brand string
	categories                      []string // each name once
	tags                            []string // features, then the sales rank
	price                           *float64 // in dollars
}

// streamMeta adds the contents of the items in reviewed.
func streamMeta(ctx context.Context, path string, reviewed map[string]struct{}, w *rows.Texts) error {
	dialects := newRecogniser(path, metaDialects())
	return lines.Each(ctx, path, func(l lines.Line) error {
		m, err := decodeMeta(l, dialects)
		if err != nil {
			return err
		}
		if _, ok := reviewed[m.item]; !ok {
			return nil
		}
		return m.add(w)
	})
}

func (m *metadata) add(w *rows.Texts) error {
	about := func(kind contract.TextKind, text string) rows.Content { return rows.About(kind, clean(text)) }
	return w.Describe(m.item,
		about(contract.TextTitle, m.title), about(contract.TextDescription, m.description), about(contract.TextTags, strings.Join(m.tags, "; ")),
		about(contract.TextCategories, strings.Join(m.categories, ", ")), about(contract.TextBrand, m.brand))
}

func decodeMeta(l lines.Line, dialects *recogniser) (*metadata, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, err
	}
	d, err := dialects.of(o)
	if err != nil {
		return nil, err
	}
	f := fields{object.Fields{Object: o}}
	m := &metadata{
		item: f.Text(d.item), title: f.joined(d.title), description: f.joined(d.description), brand: f.joined(d.brand),
		tags: append(f.texts(d.features), f.texts(d.rank)...),
	}
	m.categories, m.price = f.categories(d), price(o)
	if f.Err == nil && m.item == "" {
		f.Err = l.Errorf("the item has no %s", d.item)
	}
	return m, f.Err
}

// fields are those of an item.
type fields struct{ object.Fields }

// texts is a text or a list of texts without the blank ones; a field that the
// dialect does not have (key "") is absent.
func (f *fields) texts(key string) []string {
	if key == "" {
		return nil
	}
	return slices.DeleteFunc(f.Texts(key), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// joined makes one text of a list, which is how the files cut paragraphs.
func (f *fields) joined(key string) string { return strings.Join(f.texts(key), " ") }

// categories lists the names of a list, or of paths from the root, each once.
func (f *fields) categories(d *dialect) []string {
	if !d.nested {
		return rows.Distinct(f.texts(d.categories))
	}
	paths := object.Read(&f.Fields, func(o *object.Object) ([][]string, error) { return o.Paths(d.categories) })
	return rows.Distinct(slices.Concat(paths...))
}
