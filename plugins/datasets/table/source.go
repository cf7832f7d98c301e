package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/times"
)

// row is one record of a table: the cells of the columns that were asked for, by their
// place in what was asked. Errors name the file, the place of the record and the column.
// A row and its bytes are valid until the next one.
type row interface {
	// id is an identifier as it is written, without the white space around it; a whole
	// number in decimal digits. None is an error.
	id(i int) ([]byte, error)
	// number is a finite number; not known where the cell is empty or missing.
	number(i int) (n float64, known bool, err error)
	// seconds is a time in Unix seconds. None is an error.
	seconds(i int, c *times.Column) (int64, error)
	// text is "" where nothing is known.
	text(i int) (string, error)
	// list is a list of texts, or the pieces of one text; nil where nothing is known.
	list(i int) ([]string, error)
	// wrong is an ErrBadData about a cell.
	wrong(i int, expected string) error
}

// source is one file of a table.
type source interface {
	// columns are the names of the columns, "" where one has none.
	columns() []string
	// read gives every row; wanted are places in columns.
	read(ctx context.Context, wanted []int, do func(row) error) error
}

// table is what stands in one or more files that are alike.
type table struct {
	path  string
	parts parts
	form  form
	first source
}

// openTable finds the files of a table and looks at the first of them.
func openTable(ctx context.Context, path string, f form) (*table, error) {
	p, err := partsOf(path)
	if err != nil {
		return nil, err
	}
	first, err := openSource(ctx, p.files[0], f)
	if err != nil {
		return nil, err
	}
	return &table{path: path, parts: p, form: f, first: first}, nil
}

func openSource(ctx context.Context, path string, f form) (source, error) {
	kind := f.Format
	if kind == auto {
		var err error
		if kind, err = formatOf(path); err != nil {
			return nil, err
		}
	}
	switch kind {
	case parquets:
		return openParquet(path, f)
	case jsonl:
		return openJSON(ctx, path, f)
	default:
		return openText(ctx, path, f)
	}
}

// formatOf looks at the first bytes of a file.
func formatOf(path string) (string, error) {
	raw, err := regular.Open(path)
	if err != nil {
		return "", err
	}
	magic := make([]byte, 4)
	n, _ := raw.ReadAt(magic, 0) // a shorter file is no Parquet
	_ = raw.Close()              // read only: nothing can be lost
	if string(magic[:n]) == parquetMagic {
		return parquets, nil
	}
	first, err := firstLine(path)
	switch {
	case err != nil:
		return "", err
	case len(first.Bytes) == 0:
		return "", contract.Errorf(contract.ErrBadData, "%s: the file is empty", path)
	case first.Bytes[0] == '{':
		return jsonl, nil
	case first.Bytes[0] == '[':
		return "", first.Errorf("the file is one JSON list, expected JSON lines: one object a line (jq -c '.[]')")
	}
	return text, nil
}

func firstLine(path string) (lines.Line, error) {
	var first lines.Line
	err := lines.Each(context.Background(), path, func(l lines.Line) error {
		first = l
		first.Bytes = slices.Clone(l.Bytes[:min(len(l.Bytes), 1024)])
		return errEnough
	})
	if err == errEnough {
		err = nil
	}
	return first, err
}

// read gives every row of every part. Parts after the first must have its columns.
func (t *table) read(ctx context.Context, wanted []int, do func(row) error) error {
	for i, path := range t.parts.files {
		s := t.first
		if i > 0 {
			var err error
			if s, err = t.next(ctx, path); err != nil {
				return err
			}
		}
		if err := s.read(ctx, wanted, do); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) next(ctx context.Context, path string) (source, error) {
	s, err := t.another(ctx, path)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(s.columns(), t.first.columns()) {
		return nil, contract.Errorf(contract.ErrBadData, "%s: the columns are %s, expected those of the first part of the folder (%s): %s",
			path, object.Listed(s.columns()), t.parts.files[0], object.Listed(t.first.columns()))
	}
	return s, nil
}

// another opens a further part. A text is written as the first part is: what was
// recognised there is not looked for again.
func (t *table) another(ctx context.Context, path string) (source, error) {
	if first, ok := t.first.(*textSource); ok {
		return first.like(ctx, path)
	}
	return openSource(ctx, path, t.form)
}

// columns are those of the first part.
func (t *table) columns() []string { return t.first.columns() }

// find is the place of the column of a role, or absent.
func (t *table) find(r role) (int, error) { return t.findAs(r, r.name) }

// findAs finds a column by the usual names of one role for the parameter that is called
// like another.
func (t *table) findAs(r role, as string) (int, error) {
	at, err := r.find(t.columns(), as)
	if err != nil {
		return absent, invalid("%s: %v", t.path, err)
	}
	return at, nil
}

// pieces are the words of a list that is written as one text; nil where nothing is known.
func (f form) pieces(text string) []string {
	if f.unknown(text) {
		return nil
	}
	words := strings.Split(text, f.List)
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words
}

// unknown reports whether a text says nothing.
func (f form) unknown(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || slices.Contains(f.Missing, text)
}
