package main

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams brand (category), categories (set) and price (number, in
// dollars) of the items in the metadata; nothing without Params.Meta. Of an item
// that stands there twice the first line counts.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	path := d.Params().Meta
	if path == "" {
		return nil
	}
	w := rows.Described{Entity: contract.EntityItem, Yield: yield, Order: []string{"brand", "categories", "price"}}
	seen, dialects := map[string]struct{}{}, newRecogniser(path, metaDialects())
	err := lines.Each(ctx, path, func(l lines.Line) error {
		m, err := decodeMeta(l, dialects)
		if err != nil {
			return err
		}
		if _, again := seen[m.item]; again {
			return nil
		}
		seen[m.item] = struct{}{}
		return m.describe(&w)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

func (m *metadata) describe(w *rows.Described) error {
	names := make([]string, len(m.categories))
	for i, name := range m.categories {
		names[i] = clean(name)
	}
	return w.Add(m.item, rows.Category("brand", clean(m.brand)), rows.Set("categories", names), rows.Number("price", m.price))
}

// dollars is a price as the files of 2018 and 2023 may write it: $1,299.00.
var dollars = regexp.MustCompile(`^\$?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?$`)

// price is a number, or a text with one amount; nil for anything else, such as a
// range ("$5 - $9"), "from 4.99" or a piece of a web page, which some lines have.
func price(o *object.Object) *float64 {
	if n, err := o.Number("price"); err == nil {
		return widened(n)
	}
	text, err := o.Text("price")
	m := dollars.FindStringSubmatch(strings.TrimSpace(text))
	if err != nil || m == nil {
		return nil
	}
	amount, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", "")+m[2], 64)
	if err != nil {
		return nil
	}
	return &amount
}

func widened(n *float32) *float64 {
	if n == nil {
		return nil
	}
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(*n), 'g', -1, 32), 64) // 9.99, not 9.989999771118164
	if err != nil {
		return nil
	}
	return &wide
}
