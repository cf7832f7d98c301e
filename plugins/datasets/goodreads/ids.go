package main

import (
	"context"

	"cllm4rec/plugins/internal/formats/delimited"
)

// maxNumber bounds the numbers of users and books; the published files have 876,145
// users and 2,360,650 books.
const maxNumber = 1 << 28

// ids are the ids behind the numbers of goodreads_interactions.csv, or with path "" the
// numbers themselves.
type ids struct {
	path   string
	byNo   []string // "" where there is none
	column string
}

// readIDs reads user_id_map.csv or book_id_map.csv, which have a column of numbers,
// such as user_id_csv, and a column of ids. A number or an id that stands there twice is
// an error: two users, or books, would become one.
func readIDs(ctx context.Context, path, column string) (*ids, error) {
	m := &ids{path: path, column: column}
	if path == "" {
		return m, nil
	}
	seen := map[string]struct{}{}
	err := delimited.Each(ctx, path, delimited.Options{Separator: ",", Header: true, Columns: []string{column + "_csv", column}}, func(r delimited.Record) error {
		n, err := r.Whole(0)
		if err != nil {
			return err
		}
		if n < 0 || n >= maxNumber {
			return r.Wrong(0, "a number from 0 up")
		}
		id, err := r.ID(1)
		if err != nil {
			return err
		}
		for int64(len(m.byNo)) <= n {
			m.byNo = append(m.byNo, "")
		}
		if _, again := seen[id]; again || m.byNo[n] != "" {
			return r.Errorf("the number %d or the id %.60q stands there for the second time", n, id)
		}
		seen[id] = struct{}{}
		m.byNo[n] = id
		return nil
	})
	return m, err
}

// of is the id in a field of the interactions.
func (m *ids) of(r delimited.Record, field int) (string, error) {
	n, err := r.Whole(field)
	if err != nil {
		return "", err
	}
	if m.path == "" {
		return r.Text(field), nil
	}
	if n < 0 || n >= int64(len(m.byNo)) || m.byNo[n] == "" {
		return "", r.Errorf("%s %d has no id in %s", m.column, n, m.path)
	}
	return m.byNo[n], nil
}
