package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/times"
)

// cellKind says how the values of a column are read.
type cellKind struct {
	what      what
	unsigned  bool
	perSecond int64   // of stamp
	scale     float64 // of decimal: what a whole number is divided by
}

type what int

const (
	whole what = iota
	fraction
	word
	truth
	stamp // a time, in whole units since 1970
	date  // days since 1970
	decimal
)

// kindOf tells what a type holds, or names it in an ErrInvalid.
func kindOf(path, column string, t parquet.Type) (cellKind, error) {
	logical := t.LogicalType()
	if logical != nil {
		switch l := logical.Value.(type) {
		case *format.TimestampType:
			if t.Kind() == parquet.Int64 && l.Unit.Value != nil {
				return cellKind{what: stamp, perSecond: int64(time.Second / l.Unit.Value.Duration())}, nil
			}
		case *format.DateType:
			return cellKind{what: date}, nil
		case *format.DecimalType:
			if k := t.Kind(); (k == parquet.Int32 || k == parquet.Int64) && l.Scale >= 0 && l.Scale <= 18 {
				return cellKind{what: decimal, scale: math.Pow10(int(l.Scale))}, nil
			}
			return cellKind{}, unsupported(path, column, t.String())
		case *format.TimeType, *format.UUIDType, *format.Float16Type, *format.BsonType:
			return cellKind{}, unsupported(path, column, t.String())
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return cellKind{what: truth}, nil
	case parquet.Int32, parquet.Int64:
		return cellKind{what: whole, unsigned: isUnsigned(logical)}, nil
	case parquet.Float, parquet.Double:
		return cellKind{what: fraction}, nil
	case parquet.ByteArray:
		return cellKind{what: word}, nil
	}
	return cellKind{}, unsupported(path, column, t.String()) // INT96, bytes of a fixed length
}

func isUnsigned(l *format.LogicalType) bool {
	if l == nil {
		return false
	}
	integer, ok := l.Value.(*format.IntType)
	return ok && !integer.IsSigned
}

// cell is the single value of a row; known is false for null and NaN.
func (r *parquetRow) cell(i int) (v parquet.Value, c *cellColumn, known bool, err error) {
	c = r.columns[i]
	if c.list {
		return v, c, false, r.wrong(i, "a single value: the column holds lists")
	}
	v = c.cells[0]
	if c.kind.what == fraction && !v.IsNull() && math.IsNaN(asFloat(v)) {
		return v, c, false, nil
	}
	return v, c, !v.IsNull(), nil
}

func asFloat(v parquet.Value) float64 {
	if v.Kind() == parquet.Float {
		wide, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), 64) // 9.99, not 9.989999771118164
		return wide
	}
	return v.Double()
}

// asWhole is a value of 32 or 64 bits with its sign.
func asWhole(v parquet.Value) int64 {
	if v.Kind() == parquet.Int32 {
		return int64(v.Int32())
	}
	return v.Int64()
}

// digits is a whole number in decimal.
func (c *cellColumn) digits(to []byte, v parquet.Value) []byte {
	switch {
	case !c.kind.unsigned:
		return strconv.AppendInt(to, asWhole(v), 10)
	case v.Kind() == parquet.Int32:
		return strconv.AppendUint(to, uint64(v.Uint32()), 10)
	}
	return strconv.AppendUint(to, v.Uint64(), 10)
}

func (r *parquetRow) id(i int) ([]byte, error) {
	v, c, known, err := r.cell(i)
	if err != nil {
		return nil, err
	}
	switch {
	case !known:
	case c.kind.what == whole:
		c.text = c.digits(c.text[:0], v)
		return c.text, nil
	case c.kind.what == word && utf8.Valid(v.ByteArray()):
		if id := bytes.TrimSpace(v.ByteArray()); len(id) > 0 {
			return id, nil
		}
	case c.kind.what == fraction: // what pandas makes of whole numbers where one is missing
		if f := asFloat(v); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			c.text = strconv.AppendInt(c.text[:0], int64(f), 10)
			return c.text, nil
		}
	}
	return nil, r.wrong(i, "an identifier: a text or a whole number")
}

func (r *parquetRow) number(i int) (n float64, known bool, err error) {
	v, c, known, err := r.cell(i)
	if err != nil || !known {
		return 0, false, err
	}
	switch c.kind.what {
	case whole:
		n, _ = strconv.ParseFloat(string(c.digits(nil, v)), 64)
	case fraction:
		n = asFloat(v)
	case decimal:
		n = float64(asWhole(v)) / c.kind.scale
	case truth:
		if v.Boolean() {
			n = 1
		}
	default:
		return 0, false, r.wrong(i, "a number")
	}
	if math.IsInf(n, 0) {
		return 0, false, r.wrong(i, "a finite number")
	}
	return n, true, nil
}

func (r *parquetRow) seconds(i int, t *times.Column) (seconds int64, err error) {
	v, c, known, err := r.cell(i)
	if err != nil {
		return 0, err
	}
	if !known {
		return 0, r.wrong(i, "a time")
	}
	switch c.kind.what {
	case stamp:
		return floorDiv(v.Int64(), c.kind.perSecond), nil
	case date:
		return asWhole(v) * 24 * 60 * 60, nil
	case whole:
		seconds, err = t.Whole(asWhole(v))
	case fraction:
		seconds, err = t.Number(asFloat(v))
	case word:
		seconds, err = t.Seconds(v.ByteArray())
	default:
		return 0, r.wrong(i, "a time")
	}
	if err != nil {
		return 0, r.errorf("column %s %v", c.name, err)
	}
	return seconds, nil
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n < 0 && q*by != n {
		q--
	}
	return q
}

func (r *parquetRow) text(i int) (string, error) {
	if r.columns[i].list {
		words, err := r.list(i)
		return strings.Join(words, " "), err
	}
	v, c, known, err := r.cell(i)
	if err != nil || !known {
		return "", err
	}
	return r.word(i, c, v)
}

// word is a value as a text.
func (r *parquetRow) word(i int, c *cellColumn, v parquet.Value) (string, error) {
	switch c.kind.what {
	case word:
		if !utf8.Valid(v.ByteArray()) {
			return "", r.wrong(i, "a text of UTF-8")
		}
		if text := strings.TrimSpace(string(v.ByteArray())); !r.form.unknown(text) {
			return text, nil
		}
		return "", nil
	case whole:
		return string(c.digits(nil, v)), nil
	case fraction:
		return strconv.FormatFloat(asFloat(v), 'f', -1, 64), nil
	case truth:
		return strconv.FormatBool(v.Boolean()), nil
	}
	return "", r.wrong(i, "a text")
}

func (r *parquetRow) list(i int) (words []string, err error) {
	c := r.columns[i]
	for _, v := range c.cells {
		if v.IsNull() {
			continue
		}
		w, err := r.word(i, c, v)
		if err != nil {
			return nil, err
		}
		if !c.list { // one text
			return r.form.pieces(w), nil
		}
		words = append(words, w)
	}
	return words, nil
}

func (r *parquetRow) errorf(format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s: row %d: %s", r.path, r.row, fmt.Sprintf(format, args...))
}

func (r *parquetRow) wrong(i int, expected string) error {
	c := r.columns[i]
	held := "null"
	if len(c.cells) > 0 && !c.cells[0].IsNull() {
		held = fmt.Sprintf("%.40q", c.cells[0].String())
	}
	return r.errorf("column %s (%s) is %s, expected %s", c.name, c.leaf.Type(), held, expected)
}
