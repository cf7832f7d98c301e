package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// book is one line of goodreads_books.json; what is missing is "" or nil.
type book struct {
	id, title, description              string
	language, format, publisher, medium string
	pages, year                         *float64
	shelves, authors                    []string
}

// eachBook hands over every book in the order of the file. A book that stands there
// twice is an error.
func (p Params) eachBook(ctx context.Context, do func(*book) error) error {
	names, err := readAuthors(ctx, p.Authors)
	if err != nil {
		return err
	}
	seen := map[string]struct{}{}
	return lines.Each(ctx, p.Books, func(l lines.Line) error {
		b, err := p.readBook(l, names)
		if err != nil {
			return err
		}
		if _, again := seen[b.id]; again {
			return l.Errorf("book %q stands there for the second time", b.id)
		}
		seen[b.id] = struct{}{}
		return do(b)
	})
}

func (p Params) readBook(l lines.Line, names authors) (*book, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, err
	}
	if err := o.Want("a book of Goodreads", "book_id", "title"); err != nil {
		return nil, err
	}
	b := &book{}
	if b.id, err = o.ID("book_id"); err != nil {
		return nil, err
	}
	if b.id == "" {
		return nil, o.Errorf("the field book_id is empty, expected an id")
	}
	f := object.Fields{Object: o}
	text := func(key string) string { return strings.TrimSpace(f.Text(key)) }
	whole := func(key string) *float64 {
		return object.Read(&f, func(o *object.Object) (*float64, error) { return count(o, key) })
	}
	b.title, b.description, b.language, b.format, b.publisher = text("title"), text("description"), text("language_code"), text("format"), text("publisher")
	b.medium = object.Read(&f, medium)
	b.pages, b.year = whole("num_pages"), whole("publication_year")
	b.shelves, b.authors = object.Read(&f, p.shelves), object.Read(&f, names.of)
	return b, f.Err
}

// medium is the field is_ebook, a text.
func medium(o *object.Object) (string, error) {
	text, err := o.Text("is_ebook")
	switch {
	case err != nil || text == "":
		return "", err
	case text == "true":
		return "ebook", nil
	case text == "false":
		return "printed", nil
	}
	return "", o.Errorf("the field is_ebook is %.40q, expected \"true\" or \"false\"", text)
}

// count is a whole number in a text; nil for "".
func count(o *object.Object, field string) (*float64, error) {
	text, err := o.ID(field)
	if text = strings.TrimSpace(text); err != nil || text == "" {
		return nil, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, o.Errorf("the field %s is %.40q, expected a whole number", field, text)
	}
	f := float64(n)
	return &f, nil
}

// shelves are the names of the shelves that most users put the book on, as the file
// orders them, without those that only say how far a user is.
func (p Params) shelves(o *object.Object) ([]string, error) {
	shelves, err := o.Objects("popular_shelves")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, shelf := range shelves {
		name, err := shelf.Text("name")
		if err != nil {
			return nil, err
		}
		if !slices.Contains([]string{"to-read", "currently-reading", "read", ""}, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
		if len(names) >= p.Shelves {
			break
		}
	}
	return names[:min(len(names), p.Shelves)], nil
}

// texts adds what describes the book in words. Ids of authors are no words.
func (b *book) texts(w *rows.Texts, named bool) error {
	by := ""
	if named {
		by = strings.Join(b.authors, ", ")
	}
	return w.Describe(b.id,
		rows.About(contract.TextTitle, b.title), rows.About(contract.TextDescription, b.description), rows.About(contract.TextTags, strings.Join(b.shelves, "; ")), rows.About(contract.TextBrand, by))
}
