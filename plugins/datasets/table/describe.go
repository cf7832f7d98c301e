package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// attribute is a column that is an attribute.
type attribute struct {
	name  string
	kind  contract.AttributeType
	place int // in a row
}

// description is a table that describes users or items, and what of it is read.
type description struct {
	described
	table      *table
	wanted     wanted // the identifier comes first
	attributes []attribute
	seen       map[string]struct{} // identifiers that have had their first row
}

// describe finds the columns of what describes an entity: in a file of its own, or in
// every table of interactions, where no column is recognised and those that are named
// are read.
func (d *dataset) describe(ctx context.Context, what described) ([]*description, error) {
	seen := map[string]struct{}{}
	if what.path != "" {
		t, err := openTable(ctx, what.path, what.form.naming(what.named()))
		if err != nil {
			return nil, err
		}
		id, err := t.identifier(what)
		if err != nil {
			return nil, err
		}
		one := &description{described: what, table: t, seen: seen}
		return []*description{one}, d.complete(one, id)
	}
	var all []*description
	for _, p := range d.Params().tables() {
		l, err := d.open(ctx, p)
		if err != nil {
			return nil, err
		}
		one := &description{described: what, table: l.table, seen: seen}
		if err := d.complete(one, l.at[string(what.entity)]); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// complete finds the other columns of a description whose identifier is known.
func (d *dataset) complete(out *description, id int) error {
	out.wanted.add("id", id)
	if err := out.findTexts(id); err != nil {
		return err
	}
	if err := out.findAttributes(); err != nil {
		return err
	}
	if len(out.wanted.columns) == 1 {
		return invalid("%s: no column is recognised as a text about %ss, and none is named under %ss.attributes: nothing would be read; the columns are %s",
			out.table.path, out.entity, out.entity, object.Listed(out.table.columns()))
	}
	if key := string(out.entity) + " " + out.table.path; !d.told[key] {
		d.told[key] = true
		out.tell()
	}
	return nil
}

// identifier finds the column of the identifier in a table of users or items, which may
// be called id there; without names it is the first.
func (t *table) identifier(what described) (int, error) {
	r, columns := role{string(what.entity) + "s.id", what.id, true}, t.columns()
	if what.id == "" {
		if !slices.ContainsFunc(columns, func(name string) bool { return name != "" }) {
			return 0, nil
		}
		if at, err := (role{name: r.name}).recognise(columns, string(what.entity)); err == nil && at == absent {
			if at := slices.IndexFunc(columns, func(name string) bool { return plain(name) == "id" }); at >= 0 {
				return at, nil
			}
		}
	}
	return t.findAs(r, string(what.entity))
}

// findTexts finds the columns of texts: those that are named and, in a file of its own,
// those with usual names.
func (d *description) findTexts(id int) error {
	for _, r := range d.texts {
		if d.path == "" && r.column == "" {
			continue
		}
		at, err := d.table.find(r)
		if err != nil {
			return err
		}
		if at != absent && at != id {
			d.wanted.add(r.name, at)
		}
	}
	return nil
}

func (d *description) findAttributes() error {
	for _, name := range slices.Sorted(maps.Keys(d.described.attributes)) {
		at, err := role{name: string(d.entity) + "s.attributes", column: column(name)}.named(d.table.columns())
		if err != nil {
			return invalid("%s: %v", d.table.path, err)
		}
		d.attributes = append(d.attributes, attribute{d.table.name(at), contract.AttributeType(d.described.attributes[name]), len(d.wanted.columns)})
		d.wanted.add("", at)
	}
	return nil
}

func (d *description) tell() {
	columns := []string{"id: " + d.table.name(d.wanted.columns[0])}
	for i, role := range d.wanted.roles[1:] {
		if role != "" {
			columns = append(columns, role+": "+d.table.name(d.wanted.columns[i+1]))
		}
	}
	for _, a := range d.attributes {
		columns = append(columns, fmt.Sprintf("attribute %s: %s", a.name, a.kind))
	}
	log := sdk.Logger()
	log.Info().Str("table", d.table.path).Str("columns", strings.Join(columns, ", ")).Msgf("columns that describe %ss", d.entity)
}

// each calls do with the first row of every identifier.
func (d *description) each(ctx context.Context, do func(id string, r row) error) error {
	again := 0
	err := d.table.read(ctx, d.wanted.columns, func(r row) error {
		id, err := r.id(0)
		if err != nil {
			return err
		}
		if _, known := d.seen[string(id)]; known {
			again++
			return nil
		}
		own := string(id)
		d.seen[own] = struct{}{}
		return do(own, r)
	})
	if err == nil && again > 0 && d.path != "" {
		log := sdk.Logger()
		log.Warn().Str("table", d.table.path).Msgf("%d rows are of %ss that stand there already: the first row of each counts", again, d.entity)
	}
	return err
}

// descriptions are those that the parameters ask for.
func (d *dataset) descriptions(ctx context.Context) (all []*description, err error) {
	var asked []described
	if p := d.Params(); p.Items != nil {
		asked = append(asked, p.Items.described())
	}
	if p := d.Params(); p.Users != nil {
		asked = append(asked, p.Users.described())
	}
	for _, what := range asked {
		some, err := d.describe(ctx, what)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Texts streams the reviews, where there is a column of them, and then the texts of the
// items and users that are described. Of a table of interactions that describes them,
// and of a file with several rows of one, the first row of each counts.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	w := &rows.Texts{Yield: yield}
	for _, p := range d.Params().tables() {
		l, err := d.open(ctx, p)
		if err != nil {
			return err
		}
		if err := l.reviews(ctx, w); err != nil {
			return err
		}
	}
	all, err := d.descriptions(ctx)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := one.streamTexts(ctx, w); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (l *layout) reviews(ctx context.Context, w *rows.Texts) error {
	if l.at["review"] == absent {
		return nil
	}
	wanted := l.wanted("user", "item", "review")
	return l.table.read(ctx, wanted.columns, func(r row) error {
		user, err := r.id(0)
		if err != nil {
			return err
		}
		u := string(user)
		item, err := r.id(1)
		if err != nil {
			return err
		}
		text, err := r.text(2)
		if err != nil || text == "" {
			return err
		}
		return w.Add(contract.TextReview, u, string(item), text)
	})
}

func (d *description) streamTexts(ctx context.Context, w *rows.Texts) error {
	if !slices.ContainsFunc(d.wanted.roles[1:], func(role string) bool { return role != "" }) {
		return nil
	}
	return d.each(ctx, func(id string, r row) error {
		for i, role := range d.wanted.roles {
			if i == 0 || role == "" {
				continue
			}
			text, err := d.textOf(r, i, contract.TextKind(role))
			if err != nil {
				return err
			}
			if text == "" {
				continue
			}
			user, item := "", id
			if d.entity == contract.EntityUser {
				user, item = id, ""
			}
			if err := w.Add(contract.TextKind(role), user, item, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// textOf is a text of an item or a user: that of tags and categories names one behind
// the other.
func (d *description) textOf(r row, i int, kind contract.TextKind) (string, error) {
	if kind != contract.TextTags && kind != contract.TextCategories {
		return r.text(i)
	}
	words, err := r.list(i)
	return strings.Join(rows.Distinct(words), ", "), err
}

// Attributes streams the attributes of items and users, in the order of their names; of
// each item or user the first row counts.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	all, err := d.descriptions(ctx)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := one.streamAttributes(ctx, yield); err != nil {
			return err
		}
	}
	return nil
}

func (d *description) streamAttributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if len(d.attributes) == 0 {
		return nil
	}
	var writers []*rows.Attribute
	for _, a := range d.attributes {
		writers = append(writers, &rows.Attribute{Name: a.name, Entity: d.entity, Type: a.kind, Yield: yield})
	}
	err := d.each(ctx, func(id string, r row) error {
		for i, a := range d.attributes {
			if err := a.add(writers[i], id, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range writers {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// add adds the value of one row, where there is one.
func (a attribute) add(w *rows.Attribute, id string, r row) error {
	switch a.kind {
	case contract.AttributeNumber:
		n, known, err := r.number(a.place)
		if err != nil || !known {
			return err
		}
		return w.Number(id, n)
	case contract.AttributeSet:
		words, err := r.list(a.place)
		if words = rows.Distinct(words); err != nil || len(words) == 0 {
			return err
		}
		return w.Set(id, words)
	default:
		text, err := r.text(a.place)
		if err != nil || text == "" {
			return err
		}
		return w.Word(id, text)
	}
}
