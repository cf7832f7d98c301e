package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// parquetMagic begins and ends a file of Parquet.
const parquetMagic = "PAR1"

// parquetSource is a file of Parquet. Its columns are the fields of the top level.
type parquetSource struct {
	path  string
	form  form
	names []string
}

func openParquet(path string, f form) (*parquetSource, error) {
	s := &parquetSource{path: path, form: f}
	err := s.with(func(f *parquet.File) error {
		s.names = columnNames(f)
		return nil
	})
	return s, err
}

func (s *parquetSource) columns() []string { return s.names }

// with opens the file for one use.
func (s *parquetSource) with(use func(*parquet.File) error) error {
	raw, err := regular.Open(s.path)
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // read only: nothing can be lost
	if err := checkFooter(raw, s.path); err != nil {
		return raw.Explain(err)
	}
	var f *parquet.File
	err = guarded(s.path, func() (err error) {
		f, err = parquet.OpenFile(raw, raw.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(1<<18))
		return err
	})
	if err != nil {
		return raw.Explain(err)
	}
	return raw.Explain(use(f))
}

// checkFooter refuses a file whose end is not that of Parquet, before the library takes
// memory for a footer of the size that stands there.
func checkFooter(raw *regular.File, path string) error {
	end := make([]byte, 8)
	size := raw.Size()
	if _, err := raw.ReadAt(end, size-8); size < 12 || err != nil || string(end[4:]) != parquetMagic {
		return contract.Errorf(contract.ErrBadData, "%s: the file does not end like Parquet: it is truncated, or no Parquet", path)
	}
	if footer := int64(binary.LittleEndian.Uint32(end)); footer > size-12 {
		return contract.Errorf(contract.ErrBadData, "%s: the footer is said to have %d bytes, and the file has %d: it is damaged", path, footer, size)
	}
	return nil
}

// guarded runs a call of the library, which panics at some damaged files. place is the
// file and what of it is read.
func guarded(place string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = contract.Errorf(contract.ErrBadData, "%s: the file is damaged: %v", place, p)
		}
	}()
	if err := call(); err != nil {
		return contract.Errorf(contract.ErrBadData, "%s: the file is damaged or truncated: %v", place, err)
	}
	return nil
}

// read hands every row to do, row group by row group.
func (s *parquetSource) read(ctx context.Context, wanted []int, do func(row) error) error {
	return s.with(func(f *parquet.File) error {
		if names := columnNames(f); !slices.Equal(names, s.names) {
			return contract.Errorf(contract.ErrBadData, "%s: the columns are %q, and were %q when the file was looked at: it changed", s.path, names, s.names)
		}
		r := &parquetRow{path: s.path, form: s.form}
		for _, i := range wanted {
			c, err := newCellColumn(s.path, f.Root().Columns()[i])
			if err != nil {
				return err
			}
			r.columns = append(r.columns, c)
		}
		for i, group := range f.RowGroups() {
			if err := r.group(ctx, i, group, do); err != nil {
				return err
			}
		}
		return nil
	})
}

func columnNames(f *parquet.File) (names []string) {
	for _, c := range f.Root().Columns() {
		names = append(names, c.Name())
	}
	return names
}

// parquetRow is a row; the cells of each column come from a reader of their own.
type parquetRow struct {
	path    string
	columns []*cellColumn
	form    form
	row     int64 // from 1, in the file
}

// group reads one row group.
func (r *parquetRow) group(ctx context.Context, number int, group parquet.RowGroup, do func(row) error) error {
	place := fmt.Sprintf("%s: row group %d", r.path, number+1)
	defer func() {
		for _, c := range r.columns {
			c.close()
		}
	}()
	var rows int64
	if err := guarded(place, func() error { rows = group.NumRows(); return nil }); err != nil {
		return err
	}
	for _, c := range r.columns {
		if err := c.open(place, group, rows); err != nil {
			return err
		}
	}
	for at := range rows {
		r.row++
		for _, c := range r.columns {
			if err := c.next(); err != nil {
				return err
			}
		}
		if err := do(r); err != nil {
			return err
		}
		if at%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	for _, c := range r.columns {
		if err := c.atEnd(rows); err != nil {
			return err
		}
	}
	return nil
}
