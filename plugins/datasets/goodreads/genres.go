package main

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
)

// eachGenres hands over the genres of every book that has some, those that most users
// chose first: the file maps a genre, or several with commas, to a number of users.
func eachGenres(ctx context.Context, path string, do func(book string, genres []string) error) error {
	seen := map[string]struct{}{}
	return lines.Each(ctx, path, func(l lines.Line) error {
		id, genres, err := readGenres(l)
		if err != nil {
			return err
		}
		if _, again := seen[id]; again {
			return l.Errorf("book %q stands there for the second time", id)
		}
		seen[id] = struct{}{}
		if len(genres) == 0 {
			return nil
		}
		return do(id, genres)
	})
}

func readGenres(l lines.Line) (id string, genres []string, err error) {
	o, err := object.Parse(l)
	if err != nil {
		return "", nil, err
	}
	if err := o.Want("the genres of a book of Goodreads", "book_id", "genres"); err != nil {
		return "", nil, err
	}
	if id, err = o.ID("book_id"); err != nil {
		return "", nil, err
	}
	if id == "" {
		return "", nil, o.Errorf("the field book_id is empty, expected an id")
	}
	counts, err := o.Object("genres")
	if err != nil || counts == nil {
		return id, nil, err
	}
	keys, users := counts.Keys(), map[string]int64{}
	for _, key := range keys {
		n, err := counts.Whole(key)
		if err != nil {
			return "", nil, err
		}
		if n != nil {
			users[key] = *n
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(users[b], users[a]) })
	for _, key := range keys {
		for _, genre := range strings.Split(key, ",") {
			genres = append(genres, strings.TrimSpace(genre))
		}
	}
	return id, rows.Distinct(genres), nil
}

func addGenres(w *rows.Texts, book string, genres []string) error {
	return w.Add(contract.TextCategories, "", book, strings.Join(genres, ", "))
}
