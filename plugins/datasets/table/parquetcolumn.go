package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"cllm4rec/core/contract"
)

// cellColumn reads one column of a row group, row after row.
type cellColumn struct {
	name string
	leaf *parquet.Column
	kind cellKind
	list bool // a row holds several values

	place  string // file, row group and column, for messages
	values parquet.ColumnChunkValueReader
	buffer [512]parquet.Value
	have   []parquet.Value // of buffer: those that no row has had yet
	cells  []parquet.Value // of the row; a list's are copies
	text   []byte          // the digits of an identifier
}

// newCellColumn makes the reader of a column: one of plain values, or of lists of them.
// Any other is an ErrInvalid that names its type.
func newCellColumn(path string, top *parquet.Column) (c *cellColumn, err error) {
	guard := guarded(path, func() error {
		leaf := top
		for !leaf.Leaf() && len(leaf.Columns()) == 1 {
			leaf = leaf.Columns()[0]
		}
		if !leaf.Leaf() || leaf.MaxRepetitionLevel() > 1 {
			err = unsupported(path, top.Name(), fmt.Sprint("nested values (", top, ")"))
			return nil
		}
		var kind cellKind
		if kind, err = kindOf(path, top.Name(), leaf.Type()); err == nil {
			c = &cellColumn{name: top.Name(), leaf: leaf, kind: kind, list: leaf.MaxRepetitionLevel() == 1}
		}
		return nil
	})
	if guard != nil {
		return nil, guard
	}
	return c, err
}

func unsupported(path, column, what string) error {
	return contract.Errorf(contract.ErrInvalid, "%s: column %s holds %s, expected numbers, texts, times, or lists of them", path, column, what)
}

// open begins with a row group of so many rows.
func (c *cellColumn) open(group string, g parquet.RowGroup, rows int64) error {
	c.place = group + ", column " + c.name
	c.have = nil
	return guarded(c.place, func() error {
		chunks := g.ColumnChunks()
		if at := c.leaf.Index(); at < 0 || at >= len(chunks) {
			return errors.New("the row group lacks the column")
		}
		chunk := chunks[c.leaf.Index()]
		if n := chunk.NumValues(); n < rows || !c.list && n != rows {
			return fmt.Errorf("it has %d values for %d rows", n, rows)
		}
		c.values = parquet.NewColumnChunkValueReader(chunk)
		return nil
	})
}

func (c *cellColumn) close() {
	if c.values == nil {
		return
	}
	_ = guarded(c.place, c.values.Close) // what was read stands
	c.values = nil
}

// next takes the values of the next row.
func (c *cellColumn) next() error {
	if len(c.have) == 0 {
		if err := c.fill(); err != nil {
			return c.early(err)
		}
	}
	if !c.list {
		c.cells, c.have = c.have[:1:1], c.have[1:]
		return nil
	}
	return c.nextList()
}

// nextList takes the values of a row up to where the next one begins.
func (c *cellColumn) nextList() error {
	c.cells = c.cells[:0]
	for {
		if len(c.cells) == maxList {
			return contract.Errorf(contract.ErrBadData, "%s: a list has more than %d values: the file is damaged", c.place, maxList)
		}
		c.cells = append(c.cells, c.have[0].Clone()) // the next fill may take its bytes away
		c.have = c.have[1:]
		if len(c.have) == 0 {
			if err := c.fill(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
		if c.have[0].RepetitionLevel() == 0 {
			return nil
		}
	}
}

// maxList is how many values the list of one row may have.
const maxList = 1 << 16

// fill reads on; io.EOF at the end of the column, anything else an ErrBadData.
func (c *cellColumn) fill() error {
	n := 0
	ended := false
	err := guarded(c.place, func() error {
		var err error
		for n == 0 && err == nil {
			n, err = c.values.ReadValues(c.buffer[:])
		}
		if errors.Is(err, io.EOF) {
			ended, err = true, nil
		}
		return err
	})
	c.have = c.buffer[:n]
	if err == nil && n == 0 && ended {
		return io.EOF
	}
	return err
}

func (c *cellColumn) early(err error) error {
	if errors.Is(err, io.EOF) {
		return contract.Errorf(contract.ErrBadData, "%s: the values end before the rows: the file is damaged", c.place)
	}
	return err
}

// atEnd refuses a column with more values than the row group has rows.
func (c *cellColumn) atEnd(rows int64) error {
	if len(c.have) == 0 {
		if err := c.fill(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return contract.Errorf(contract.ErrBadData, "%s: there are more values than the %d rows: the file is damaged", c.place, rows)
}
