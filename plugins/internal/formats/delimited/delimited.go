// Package delimited reads tables of text: records of fields between separators, as in
// CSV, TSV and the many kinds that data sets are published in, plain, gzip or zstd.
// It reads bytes in place and allocates nothing per field; errors name file and line.
package delimited

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
)

// Bounds that no honest table meets.
const (
	MaxFields = 10_000   // of a record
	MaxField  = 16 << 20 // bytes of a field
)

// Blanks is the separator of fields that any number of spaces and tabs separate,
// where those before the first and behind the last field count for nothing.
const Blanks = "blanks"

// Options say how a table is written. The zero value is none: a separator is required.
type Options struct {
	// Separator is what stands between two fields: one or more characters such as ",",
	// "\t", "|" or "::", or Blanks.
	Separator string
	// Quotes says that a field may stand in double quotes, as in RFC 4180: separators
	// and line breaks inside it are text (a break is read as "\n") and "" is a quote. A
	// quote elsewhere than at the beginning of a field is text.
	Quotes bool
	// Backslash says that inside quotes \ takes the character behind it literally.
	Backslash bool
	// Latin1 says that the text is ISO 8859-1, which is turned into UTF-8.
	Latin1 bool
	// Header says that the first record holds the names of the columns.
	Header bool
	// Columns: with Header the columns that are wanted, by exact name, in the order that
	// Record.Fields is to have; without it the names of all columns as they stand in the
	// file. None: all columns as they stand in the file, without names where there is
	// no header.
	Columns []string
	// Begin, when set, is called once before the first record with the names of the
	// columns in the order of Record.Fields, and may end the reading with an error. A
	// table with Header and nothing else begins too.
	Begin func(columns []string) error
	// Uneven, when set, is called for a record of another number of fields in place of
	// the error about it, with all fields as they stand in the file.
	Uneven func(r Record, err error) error
}

// Each calls do for every record of the table but its header. Blank lines between
// records are left out. All records have as many fields as the first one, or as
// Columns without a header. Errors are those of lines.Raw; ErrInvalid for options that
// contradict themselves; ErrBadData with file and line for a header that lacks a
// column or has one twice, a record of another length, a quote that never ends, text
// that is not UTF-8, more than MaxFields fields or more than MaxField bytes in one; and
// whatever do returns.
func Each(ctx context.Context, path string, o Options, do func(Record) error) error {
	if err := o.check(); err != nil {
		return err
	}
	t := &table{Options: o, do: do, record: Record{Path: path}}
	if !o.Header && len(o.Columns) > 0 {
		t.width, t.record.columns = len(o.Columns), o.Columns
	}
	if err := lines.Raw(ctx, path, t.line); err != nil {
		return err
	}
	return t.end()
}

func (o Options) check() error {
	switch {
	case o.Separator == "":
		return contract.Errorf(contract.ErrInvalid, "a table needs a separator, such as \",\" or a tab")
	case strings.ContainsAny(o.Separator, "\"\r\n") || !utf8.ValidString(o.Separator):
		return contract.Errorf(contract.ErrInvalid, "the separator is %q, expected characters without quotes and line breaks", o.Separator)
	case o.Backslash && !o.Quotes:
		return contract.Errorf(contract.ErrInvalid, "backslashes have a meaning inside quotes only, and there are none")
	}
	return nil
}

// table is the state of one reading.
type table struct {
	Options
	do     func(Record) error
	record Record
	cut    cutter
	first  int   // line of the first record, 0 before it
	width  int   // fields of a record, 0 before it is known
	wanted []int // of Record.Fields: the fields of the file; nil for all
	all    [][]byte
	picked [][]byte // the wanted ones
	latin  []byte
}

func (t *table) line(l lines.Line) error {
	text := l.Bytes
	if t.Latin1 {
		t.latin = fromLatin1(t.latin[:0], text)
		text = t.latin
	} else if !utf8.Valid(text) {
		return l.Errorf("the text is not UTF-8 (%s); is it ISO 8859-1 (latin1)?", invalidAt(text))
	}
	if !t.cut.open() {
		if blank(text, t.Separator) {
			return nil
		}
		t.cut.begin(l.Number)
	}
	done, err := t.cut.line(l, text, &t.Options)
	if err != nil || !done {
		return err
	}
	return t.take()
}

// take does what is due with a whole record.
func (t *table) take() error {
	t.all, t.record.Line, t.record.Quoted = t.cut.fields, t.cut.start, t.cut.quoted
	if t.first == 0 {
		t.first = t.record.Line
		if header, err := t.begin(); err != nil || header {
			return err
		}
	}
	if len(t.all) != t.width {
		return t.uneven()
	}
	t.record.Fields = t.all
	if t.wanted != nil {
		t.picked = t.picked[:0]
		for _, i := range t.wanted {
			t.picked = append(t.picked, t.all[i])
		}
		t.record.Fields = t.picked
	}
	return t.do(t.record)
}

// uneven is what is due with a record of another number of fields.
func (t *table) uneven() error {
	err := t.record.Errorf("%s", t.wrongWidth())
	if t.Uneven == nil {
		return err
	}
	t.record.Fields = t.all
	return t.Uneven(t.record, err)
}

// begin learns from the first record how many fields there are and, where it is the
// header, what they are called.
func (t *table) begin() (header bool, err error) {
	if err := t.oldLineEnds(); err != nil {
		return false, err
	}
	if t.width == 0 {
		t.width = len(t.all)
	}
	if t.Header {
		if err := t.readHeader(); err != nil {
			return true, err
		}
	}
	if t.Begin != nil {
		err = t.Begin(t.record.columns)
	}
	return t.Header, err
}

// oldLineEnds refuses a file whose lines end with carriage returns alone, which
// would be one line.
func (t *table) oldLineEnds() error {
	if t.cut.quoted || !slices.ContainsFunc(t.all, func(field []byte) bool { return slices.Contains(field, '\r') }) {
		return nil
	}
	return t.record.Errorf("lines end with a carriage return alone, expected line feeds: convert the file first (tr '\\r' '\\n')")
}

func (t *table) readHeader() error {
	names, seen := make([]string, len(t.all)), map[string]bool{}
	for i, field := range t.all {
		names[i] = strings.TrimSpace(string(field))
		if seen[names[i]] {
			return t.record.Errorf("the header has the column %q twice", names[i])
		}
		seen[names[i]] = names[i] != ""
	}
	if len(t.Columns) == 0 {
		t.record.columns = names
		return nil
	}
	t.record.columns = t.Columns
	for _, want := range t.Columns {
		at := slices.Index(names, want)
		if at < 0 {
			return t.record.Errorf("there is no column %q%s", want, sdk.Hint(want, names))
		}
		t.wanted = append(t.wanted, at)
	}
	return nil
}

func (t *table) wrongWidth() string {
	how := "as the first record has"
	switch {
	case t.Header:
		how = "as the header has"
	case len(t.Columns) > 0:
		how = "which are " + strings.Join(t.Columns, ", ")
	}
	hint := ""
	if len(t.all) == 1 {
		hint = ": is there another separator than " + Name(t.Separator) + "?"
	}
	return plural(len(t.all), "field") + ", expected " + plural(t.width, "field") + ", " + how + hint
}

// end is what is wrong at the end of the file.
func (t *table) end() error {
	switch {
	case t.cut.open():
		return lines.Line{Path: t.record.Path, Number: t.cut.quoteLine}.Errorf("the quote that begins a field here never ends")
	case t.Header && t.first == 0:
		return contract.Errorf(contract.ErrBadData, "%s: the file is empty, expected a header", t.record.Path)
	}
	return nil
}
