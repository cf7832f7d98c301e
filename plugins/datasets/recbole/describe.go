package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/rows"
)

// usual are the names, in small letters, by which the field of a text is recognised; the
// first that a file has counts.
var usual = map[contract.TextKind][]string{
	contract.TextTitle:       {"title", "movie_title", "item_title", "book_title", "product_title", "name", "item_name", "tracks_name", "artist_name", "business_name"},
	contract.TextDescription: {"description", "desc", "overview", "abstract", "summary"},
	contract.TextTags:        {"tags", "tag", "keywords", "features", "feature"},
	contract.TextCategories:  {"categories", "category", "genres", "genre", "class"},
	contract.TextBrand:       {"brand", "store", "publisher"},
	contract.TextBiography:   {"biography", "bio", "about"},
	contract.TextReview:      {"review", "review_text", "reviewtext", "text"},
}

// textField is the field of a text: the one that the user names, or a usual one.
func (a *atomic) textField(kind contract.TextKind) (field, error) {
	switch name := a.params.Texts.of(kind); name {
	case none:
		return field{}, nil
	case "":
		for _, name := range usual[kind] {
			for _, f := range a.fields {
				if strings.EqualFold(f.name, name) && (f.kind == token || f.kind == tokens) {
					return f, nil
				}
			}
		}
		return field{}, nil
	default:
		f, err := a.need("texts."+string(kind), name)
		if err == nil && f.kind != token && f.kind != tokens {
			return f, contract.Errorf(contract.ErrInvalid, "%s: texts.%s: the field %s is of type %s, expected %s or %s", a.path, kind, name, f.kind, token, tokens)
		}
		return f, err
	}
}

// of is the field that the user names for a kind of text.
func (k *kinds) of(kind contract.TextKind) string {
	if k == nil {
		return ""
	}
	return map[contract.TextKind]string{
		contract.TextTitle: k.Title, contract.TextDescription: k.Description, contract.TextTags: k.Tags, contract.TextCategories: k.Categories,
		contract.TextBrand: k.Brand, contract.TextBiography: k.Biography, contract.TextReview: k.Review,
	}[kind]
}

// text is a field that is a text.
type text struct {
	kind contract.TextKind
	field
}

// description is an atomic file of items or users.
type description struct {
	*atomic
	entity contract.Entity
	id     field
	texts  []text
}

// descriptions are the files of items and users that there are.
func (d *dataset) descriptions(ctx context.Context, f *files) (all []*description, err error) {
	for _, one := range []struct {
		path, id, parameter string
		entity              contract.Entity
		kinds               []contract.TextKind
	}{
		{f.items, d.Params().Item, "item", contract.EntityItem, []contract.TextKind{contract.TextTitle, contract.TextDescription, contract.TextTags, contract.TextCategories, contract.TextBrand}},
		{f.users, d.Params().User, "user", contract.EntityUser, []contract.TextKind{contract.TextBiography}},
	} {
		if one.path == "" {
			continue
		}
		a, err := openAtomic(ctx, one.path, d.Params())
		if err != nil {
			return nil, err
		}
		out := &description{atomic: a, entity: one.entity}
		if out.id, err = a.need(one.parameter, one.id); err != nil {
			return nil, err
		}
		for _, kind := range one.kinds {
			f, err := a.textField(kind)
			if err != nil {
				return nil, err
			}
			if f.is() && f.name != one.id {
				out.texts = append(out.texts, text{kind, f})
			}
		}
		all = append(all, out)
	}
	return all, nil
}

// records calls do with the first record of every identifier.
func (d *description) records(ctx context.Context, do func(id string, r delimited.Record) error) error {
	seen, again := map[string]struct{}{}, 0
	err := d.each(ctx, func(r delimited.Record) error {
		raw, err := identifier(r, d.id.at)
		if err != nil {
			return err
		}
		if _, known := seen[string(raw)]; known {
			again++
			return nil
		}
		id := string(raw)
		seen[id] = struct{}{}
		return do(id, r)
	})
	if err == nil && again > 0 {
		log := sdk.Logger()
		log.Warn().Str("file", d.path).Msgf("%d records are of %ss that stand there already: the first record of each counts", again, d.entity)
	}
	return err
}

// Texts streams the reviews, where the interactions have such a field, and the texts of
// items and users. A text is the field as it stands; tags and categories are their words
// with a comma between them.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	f, err := d.open("Texts")
	if err != nil {
		return err
	}
	w := &rows.Texts{Yield: yield}
	for _, p := range f.parts {
		if err := d.reviews(ctx, p.path, w); err != nil {
			return err
		}
	}
	all, err := d.descriptions(ctx, f)
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

func (d *dataset) reviews(ctx context.Context, path string, w *rows.Texts) error {
	a, err := openAtomic(ctx, path, d.Params())
	if err != nil {
		return err
	}
	columns, err := a.interactions()
	if err != nil {
		return err
	}
	review, err := a.textField(contract.TextReview)
	if err != nil || !review.is() {
		return err
	}
	return a.each(ctx, func(r delimited.Record) error {
		user, err := r.ID(columns.user.at)
		if err != nil {
			return err
		}
		item, err := r.ID(columns.item.at)
		if err != nil {
			return err
		}
		text := r.Text(review.at)
		if text == "" {
			return nil
		}
		return w.Add(contract.TextReview, user, item, text)
	})
}

func (d *description) streamTexts(ctx context.Context, w *rows.Texts) error {
	if len(d.texts) == 0 {
		return nil
	}
	return d.records(ctx, func(id string, r delimited.Record) error {
		user, item := "", id
		if d.entity == contract.EntityUser {
			user, item = id, ""
		}
		for _, t := range d.texts {
			content := r.Text(t.at)
			if t.field.kind == tokens && (t.kind == contract.TextTags || t.kind == contract.TextCategories) {
				content = strings.Join(d.words(r, t.at), ", ")
			}
			if content == "" {
				continue
			}
			if err := w.Add(t.kind, user, item, content); err != nil {
				return err
			}
		}
		return nil
	})
}

// words are those of a token_seq, each once.
func (d *description) words(r delimited.Record, at int) []string {
	words := strings.Split(r.Text(at), d.params.Sequence)
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return rows.Distinct(words)
}

// Attributes streams every field of items and users that is no running text: a token as
// a category, a token_seq as a set, a float as a number. Vectors (float_seq) are not
// read, and the log says so.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	f, err := d.open("Attributes")
	if err != nil {
		return err
	}
	all, err := d.descriptions(ctx, f)
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

// attributes are the fields that are attributes: neither the identifier nor running text.
func (d *description) attributes() []field {
	var all []field
	for _, f := range d.fields {
		running := slices.ContainsFunc(d.texts, func(t text) bool {
			return t.name == f.name && slices.Contains([]contract.TextKind{contract.TextTitle, contract.TextDescription, contract.TextBiography}, t.kind)
		})
		switch {
		case f.name == d.id.name || running:
		case f.kind == numbers:
			log := sdk.Logger()
			log.Info().Str("file", d.path).Str("field", f.name).Msg("a field of vectors is not read")
		default:
			all = append(all, f)
		}
	}
	return all
}

func (d *description) streamAttributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	fields := d.attributes()
	if len(fields) == 0 {
		return nil
	}
	types := map[string]contract.AttributeType{token: contract.AttributeCategory, tokens: contract.AttributeSet, number: contract.AttributeNumber}
	var writers []*rows.Attribute
	for _, f := range fields {
		writers = append(writers, &rows.Attribute{Name: f.name, Entity: d.entity, Type: types[f.kind], Yield: yield})
	}
	err := d.records(ctx, func(id string, r delimited.Record) error {
		for i, f := range fields {
			if len(r.Trimmed(f.at)) == 0 {
				continue
			}
			if err := d.add(writers[i], id, r, f); err != nil {
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

// add adds the value of a field that is not empty.
func (d *description) add(w *rows.Attribute, id string, r delimited.Record, f field) error {
	switch f.kind {
	case number:
		n, err := r.Number(f.at)
		if err != nil {
			return err
		}
		return w.Number(id, n)
	case tokens:
		if words := d.words(r, f.at); len(words) > 0 {
			return w.Set(id, words)
		}
		return nil
	}
	return w.Word(id, r.Text(f.at))
}
