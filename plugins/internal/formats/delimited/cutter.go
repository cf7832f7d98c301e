package delimited

import (
	"bytes"
	"strings"

	"cllm4rec/plugins/internal/formats/lines"
)

// cutter cuts a record, which reaches over several lines where a line break stands
// in quotes, into fields.
type cutter struct {
	start     int      // line in which the record begins
	fields    [][]byte // of the whole record; they lie in the line or in text
	quoteLine int      // line in which the open quote began, 0 outside of quotes
	quoted    bool     // the record has quotes

	// Of a record with quotes: the fields without them, one after another, and where
	// each ends.
	text []byte
	ends []int
}

func (c *cutter) open() bool { return c.quoteLine > 0 }

func (c *cutter) begin(number int) {
	c.start, c.quoted = number, false
	c.fields, c.text, c.ends = c.fields[:0], c.text[:0], c.ends[:0]
}

// line takes the next line of a record and reports whether the record is whole.
func (c *cutter) line(l lines.Line, text []byte, o *Options) (done bool, err error) {
	if !c.quoted && (!o.Quotes || bytes.IndexByte(text, '"') < 0) {
		return true, c.plain(l, text, o.Separator)
	}
	c.quoted = true
	if err := c.quotedLine(l, text, o); err != nil || c.open() {
		return false, err
	}
	from := 0
	for _, end := range c.ends {
		c.fields = append(c.fields, c.text[from:end:end])
		from = end
	}
	return true, nil
}

// plain cuts a line without quotes, in place.
func (c *cutter) plain(l lines.Line, text []byte, separator string) error {
	switch {
	case separator == Blanks:
		return c.blanks(l, text)
	case len(separator) == 1:
		return c.single(l, text, separator[0])
	}
	for {
		at := bytes.Index(text, []byte(separator))
		if at < 0 {
			return c.add(l, text)
		}
		if err := c.add(l, text[:at:at]); err != nil {
			return err
		}
		text = text[at+len(separator):]
	}
}

func (c *cutter) single(l lines.Line, text []byte, separator byte) error {
	for {
		at := bytes.IndexByte(text, separator)
		if at < 0 {
			return c.add(l, text)
		}
		if err := c.add(l, text[:at:at]); err != nil {
			return err
		}
		text = text[at+1:]
	}
}

func (c *cutter) blanks(l lines.Line, text []byte) error {
	for {
		text = bytes.TrimLeft(text, " \t")
		if len(text) == 0 {
			return nil
		}
		at := bytes.IndexAny(text, " \t")
		if at < 0 {
			at = len(text)
		}
		if err := c.add(l, text[:at:at]); err != nil {
			return err
		}
		text = text[at:]
	}
}

func (c *cutter) add(l lines.Line, field []byte) error {
	c.fields = append(c.fields, field)
	return bounds(l, len(c.fields), len(field))
}

// bounds refuses a field that is one too many, or too long.
func bounds(l lines.Line, fields, length int) error {
	switch {
	case fields > MaxFields:
		return l.Errorf("the record has more than %d fields: is the separator right, and does the file have ends of lines?", MaxFields)
	case length > MaxField:
		return l.Errorf("a field is longer than %d MiB: the file is damaged, or a quote is not closed", MaxField>>20)
	}
	return nil
}

// quotedLine cuts a line of a record that has quotes, or goes on inside of them.
func (c *cutter) quotedLine(l lines.Line, text []byte, o *Options) error {
	if c.open() {
		c.text = append(c.text, '\n')
	}
	for more := true; more; {
		var err error
		if text, more, err = c.field(l, text, o); err != nil {
			return err
		}
	}
	return nil
}

// field takes one field from the beginning of text, or the rest of one whose quote is
// open. more says that a separator stood behind it and is gone from rest.
func (c *cutter) field(l lines.Line, text []byte, o *Options) (rest []byte, more bool, err error) {
	if o.Separator == Blanks {
		text = c.skipBlanks(text)
		if len(text) == 0 && !c.open() {
			return nil, false, nil
		}
	}
	switch {
	case c.open():
	case len(text) > 0 && text[0] == '"':
		c.quoteLine, text = l.Number, text[1:]
	default:
		return c.bare(l, text, o)
	}
	text, closed, err := c.insideQuotes(l, text, o)
	if err != nil || !closed {
		return nil, false, err
	}
	if err := c.endField(l); err != nil {
		return nil, false, err
	}
	rest, more, ok := behind(text, o.Separator)
	if !ok {
		return nil, false, l.Errorf("text follows a closing quote (%.20q), expected %s or the end of the line; a quote inside a quoted field is written twice; where quotes are text as any other, say that fields have none", text, Name(o.Separator))
	}
	return rest, more, nil
}

func (c *cutter) skipBlanks(text []byte) []byte {
	if c.open() {
		return text
	}
	return bytes.TrimLeft(text, " \t")
}

// insideQuotes takes text up to the closing quote and reports whether there is one.
func (c *cutter) insideQuotes(l lines.Line, text []byte, o *Options) (rest []byte, closed bool, err error) {
	special := `"`
	if o.Backslash {
		special = `"\`
	}
	for {
		at := bytes.IndexAny(text, special)
		if at < 0 {
			c.text = append(c.text, text...)
			return nil, false, c.long(l)
		}
		c.text = append(c.text, text[:at]...)
		switch next := text[at+1:]; {
		case text[at] == '\\' && len(next) > 0:
			c.text, text = append(c.text, next[0]), next[1:]
		case text[at] == '\\': // before a line break
			text = next
		case len(next) > 0 && next[0] == '"':
			c.text, text = append(c.text, '"'), next[1:]
		default:
			c.quoteLine = 0
			return next, true, nil
		}
	}
}

// long refuses an open field once it is too long, with the line where it began.
func (c *cutter) long(l lines.Line) error {
	l.Number = c.quoteLine
	return bounds(l, 0, len(c.text)-c.from())
}

// from is where the field that is being read begins in text.
func (c *cutter) from() int {
	if len(c.ends) == 0 {
		return 0
	}
	return c.ends[len(c.ends)-1]
}

// bare takes a field without quotes.
func (c *cutter) bare(l lines.Line, text []byte, o *Options) (rest []byte, more bool, err error) {
	at, width := -1, len(o.Separator)
	if o.Separator == Blanks {
		at, width = bytes.IndexAny(text, " \t"), 1
	} else {
		at = bytes.Index(text, []byte(o.Separator))
	}
	if at < 0 {
		c.text = append(c.text, text...)
		return nil, false, c.endField(l)
	}
	c.text = append(c.text, text[:at]...)
	return text[at+width:], true, c.endField(l)
}

func (c *cutter) endField(l lines.Line) error {
	length := len(c.text) - c.from()
	c.ends = append(c.ends, len(c.text))
	return bounds(l, len(c.ends), length)
}

// behind looks at what follows a closing quote: a separator, which it takes off, the
// end of the line, or something else (not ok).
func behind(text []byte, separator string) (rest []byte, more, ok bool) {
	if len(text) == 0 {
		return nil, false, true
	}
	if separator == Blanks {
		return text, true, text[0] == ' ' || text[0] == '\t'
	}
	rest, more = bytes.CutPrefix(text, []byte(separator))
	if !more && strings.TrimSpace(string(text)) == "" {
		return nil, false, true
	}
	return rest, more, more
}
