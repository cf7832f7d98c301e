package main

import (
	"context"
	"strings"

	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// authors are names by id.
type authors map[string]string

// readAuthors reads goodreads_book_authors.json; nil without a path.
func readAuthors(ctx context.Context, path string) (authors, error) {
	if path == "" {
		return nil, nil
	}
	names := authors{}
	err := lines.Each(ctx, path, func(l lines.Line) error {
		id, name, err := readAuthor(l)
		if err != nil {
			return err
		}
		if _, again := names[id]; again {
			return l.Errorf("author %q stands there for the second time", id)
		}
		names[id] = name
		return nil
	})
	return names, err
}

func readAuthor(l lines.Line) (id, name string, err error) {
	o, err := object.Parse(l)
	if err != nil {
		return "", "", err
	}
	if err := o.Want("an author of Goodreads", "author_id", "name"); err != nil {
		return "", "", err
	}
	if id, err = o.ID("author_id"); err != nil {
		return "", "", err
	}
	if id == "" {
		return "", "", o.Errorf("the field author_id is empty, expected an id")
	}
	name, err = o.Text("name")
	return id, strings.TrimSpace(name), err
}

// of are the names of a book's authors, or their ids without names.
func (a authors) of(o *object.Object) ([]string, error) {
	list, err := o.Objects("authors")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, author := range list {
		id, err := author.ID("author_id")
		if err != nil {
			return nil, err
		}
		if a == nil {
			names = append(names, id)
			continue
		}
		name, known := a[id]
		if !known {
			return nil, author.Errorf("author %q does not stand in the file of authors", id)
		}
		names = append(names, name)
	}
	return rows.Distinct(names), nil
}
