package main

import (
	"context"
	"errors"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/times"
)

// textSource is a text with separators.
type textSource struct {
	path    string
	form    form
	options delimited.Options
	names   []string
	sample  [][]string // the first records, without the header
}

// openText looks at the first records of a text and finds out what the form leaves open.
func openText(ctx context.Context, path string, f form) (*textSource, error) {
	s := &textSource{path: path, form: f, options: delimited.Options{Separator: f.separator(), Latin1: f.Encoding == latin1, Quotes: f.Quotes == yes}}
	records, err := s.recognise(ctx)
	if err != nil {
		return nil, err
	}
	header, err := s.hasHeader(records)
	if err != nil {
		return nil, err
	}
	s.names, s.sample = make([]string, len(records[0])), records
	if header {
		s.options.Header, s.sample = true, records[1:]
		err = s.readHeader(ctx)
	}
	return s, err
}

// readHeader takes the names of the columns from the first record.
func (s *textSource) readHeader(ctx context.Context) error {
	o := s.options
	o.Begin = func(columns []string) error {
		s.names = columns
		return errEnough
	}
	err := delimited.Each(ctx, s.path, o, func(delimited.Record) error { return nil })
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// like is another text that is written as s is.
func (s *textSource) like(ctx context.Context, path string) (*textSource, error) {
	other := &textSource{path: path, form: s.form, options: s.options, names: s.names}
	if !s.options.Header {
		return other, nil
	}
	return other, other.readHeader(ctx)
}

func (s *textSource) columns() []string { return s.names }

// read hands each record to do as a row.
func (s *textSource) read(ctx context.Context, wanted []int, do func(row) error) error {
	r := &textRow{source: s, wanted: wanted}
	o := s.options
	if o.Header {
		o.Begin = func(columns []string) error {
			if !slices.Equal(columns, s.names) {
				return contract.Errorf(contract.ErrBadData, "%s: the columns are %s, and were %s when the file was looked at: it changed", s.path, object.Listed(columns), object.Listed(s.names))
			}
			return nil
		}
	}
	return delimited.Each(ctx, s.path, o, func(record delimited.Record) error {
		if len(record.Fields) != len(s.names) {
			return record.Errorf("there are %d fields, expected %d as in the first part", len(record.Fields), len(s.names))
		}
		r.Record = record
		return do(r)
	})
}

// textRow is a record.
type textRow struct {
	delimited.Record
	source *textSource
	wanted []int
}

func (r *textRow) id(i int) ([]byte, error) {
	i = r.wanted[i]
	id := r.Trimmed(i)
	switch {
	case len(id) == 0:
		return nil, r.Wrong(i, "an identifier")
	case id[0] == '"' && !r.source.options.Quotes:
		return nil, r.Errorf("%s stands in quotes: say quotes: yes where quotes enclose fields, as only the first lines were looked at", r.Column(i))
	}
	return id, nil
}

func (r *textRow) number(i int) (n float64, known bool, err error) {
	if r.unknown(i) {
		return 0, false, nil
	}
	n, err = r.Number(r.wanted[i])
	return n, err == nil, err
}

func (r *textRow) seconds(i int, c *times.Column) (int64, error) {
	seconds, err := c.Seconds(r.Fields[r.wanted[i]])
	if err != nil {
		return 0, r.Errorf("%s %v", r.Column(r.wanted[i]), err)
	}
	return seconds, nil
}

func (r *textRow) text(i int) (string, error) {
	if r.unknown(i) {
		return "", nil
	}
	return r.Text(r.wanted[i]), nil
}

func (r *textRow) list(i int) ([]string, error) {
	return r.source.form.pieces(string(r.Fields[r.wanted[i]])), nil
}

func (r *textRow) wrong(i int, expected string) error { return r.Wrong(r.wanted[i], expected) }

// unknown reports whether a cell says nothing.
func (r *textRow) unknown(i int) bool {
	field := r.Trimmed(r.wanted[i])
	return len(field) == 0 || slices.ContainsFunc(r.source.form.Missing, func(word string) bool { return string(field) == word })
}

// errEnough ends a reading that has seen what it wanted.
var errEnough = errors.New("enough has been read")

// first gives the first n records of a text as strings, and the error that came before
// them. quoted says that one has a field in quotes.
func first(ctx context.Context, path string, o delimited.Options, n int) (records [][]string, quoted bool, err error) {
	o.Header = false
	err = delimited.Each(ctx, path, o, func(r delimited.Record) error {
		record := make([]string, len(r.Fields))
		for i := range record {
			record[i] = r.Text(i)
		}
		quoted = quoted || r.Quoted
		if records = append(records, record); len(records) == n {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return records, quoted, err
}
