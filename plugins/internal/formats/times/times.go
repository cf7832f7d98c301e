// Package times turns the times of data files into Unix seconds, whatever unit or
// text they are written in, and says what it took them for.
package times

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
)

// The named formats of a column of times. Any other is a layout, see New.
const (
	Auto         = "auto"         // numbers of a unit that is recognised, or ISO 8601
	Seconds      = "seconds"      // since 1970, as the others; fractions are cut off
	Milliseconds = "milliseconds" //
	Microseconds = "microseconds" //
	Nanoseconds  = "nanoseconds"  //
	ISO8601      = "iso8601"      // 2024-12-31, 2024-12-31T23:59:59Z, with a space for the T, with +01:00; UTC where no zone is given
)

// Formats lists the named formats.
func Formats() []string {
	return []string{Auto, Seconds, Milliseconds, Microseconds, Nanoseconds, ISO8601}
}

// unit is a unit of time since 1970 and the numbers by which it is recognised: those of
// the years 1973 to 5138 lie in no other unit's. A smaller number is one of seconds.
type unit struct {
	name      string
	perSecond float64
	below     float64
}

var units = []unit{{Seconds, 1, 1e11}, {Milliseconds, 1e3, 1e14}, {Microseconds, 1e6, 1e17}, {Nanoseconds, 1e9, math.Inf(1)}}

// lastSecond is that of the year 9999, and the largest time that is read.
const lastSecond = 253402300799

// Column reads the times of one column of one file, which are all of one form. It is
// told once in the log what a column holds, where that was not said and is not plain
// seconds.
type Column struct {
	file, name string
	unit       *unit   // nil until it is known
	given      bool    // the unit was said, not recognised
	text       *layout // nil for numbers, or until it is known
	any        bool    // numbers or ISO 8601: not known yet
}

// New makes the reader of a column; file and name say in the log which one it is.
// format is one of Formats, a layout of Go such as "2006-01-02 15:04", or, with percent
// signs, one of strptime such as "%d/%m/%Y %H:%M". ErrInvalid for a format that cannot be.
func New(file, name, format string) (*Column, error) {
	c := &Column{file: file, name: name}
	for i := range units {
		if units[i].name == format {
			c.unit, c.given = &units[i], true
			return c, nil
		}
	}
	switch format {
	case Auto:
		c.any = true
		return c, nil
	case ISO8601:
		c.text = &layout{forms: isoForms}
		return c, nil
	}
	form, err := parseLayout(format)
	if err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "the time format %q: %v; named formats are %v", format, err, Formats())
	}
	c.text = &layout{forms: []string{form}, example: format}
	return c, nil
}

// Seconds is the time in a field in Unix seconds. The error says what was expected; it
// lacks the place, which the caller knows.
func (c *Column) Seconds(field []byte) (int64, error) {
	field = bytes.TrimSpace(field)
	if len(field) == 0 {
		return 0, fmt.Errorf("is empty, expected a time")
	}
	if c.any {
		c.decide(field)
	}
	if c.text != nil {
		return c.fromText(field)
	}
	if n, ok := digits(field); ok {
		return c.Whole(n)
	}
	f, err := strconv.ParseFloat(string(field), 64)
	if err != nil {
		return 0, fmt.Errorf("is %.40q, expected %s", field, c.expected())
	}
	return c.Number(f)
}

// decide looks at the first time whether the column holds numbers or texts.
func (c *Column) decide(field []byte) {
	c.any = false
	if _, err := strconv.ParseFloat(string(field), 64); err == nil {
		return
	}
	c.text = &layout{forms: isoForms}
}

// expected names what the column holds.
func (c *Column) expected() string {
	if c.unit != nil {
		return "a number of " + c.unit.name + " since 1970"
	}
	return "a number of seconds since 1970 or a time of ISO 8601"
}

// digits reads up to 18 decimal digits with a minus or without.
func digits(field []byte) (n int64, ok bool) {
	text, negative := bytes.CutPrefix(field, []byte("-"))
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, d := range text {
		if d -= '0'; d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if negative {
		n = -n
	}
	return n, true
}

// Whole is Number for a whole number, of which no digit is lost.
func (c *Column) Whole(n int64) (int64, error) {
	if err := c.number(float64(n)); err != nil || c.unit == nil {
		return 0, err
	}
	per := int64(c.unit.perSecond)
	seconds := n / per
	if n < 0 && seconds*per != n {
		seconds--
	}
	return seconds, nil
}

// Number is the time in Unix seconds that a number of the column's unit stands for.
func (c *Column) Number(f float64) (int64, error) {
	if err := c.number(f); err != nil || c.unit == nil {
		return 0, err
	}
	return int64(math.Floor(f / c.unit.perSecond)), nil
}

// number recognises the unit by the first number that is not zero, and refuses one of
// another unit. The unit stays unknown while all times are zero.
func (c *Column) number(f float64) error {
	if c.text != nil {
		return fmt.Errorf("is the number %v, expected a text such as %q", f, c.text.like())
	}
	c.any = false
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("is %v, expected a time", f)
	}
	if f == 0 {
		return nil
	}
	looks := like(f)
	if c.unit == nil {
		c.unit = looks
		c.tell()
	}
	switch {
	case !c.given && looks != c.unit:
		return fmt.Errorf("is %s, which are %s since 1970, where those before it are %s", plain(f), looks.name, c.unit.name)
	case math.Abs(f)/c.unit.perSecond > lastSecond:
		return fmt.Errorf("is %s, which as %s since 1970 lies beyond the year 9999", plain(f), c.unit.name)
	}
	return nil
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func like(f float64) *unit {
	for i := range units {
		if math.Abs(f) < units[i].below {
			return &units[i]
		}
	}
	return nil // unreachable: the last one is below infinity
}

func (c *Column) tell() {
	if c.unit.perSecond == 1 {
		return
	}
	log := sdk.Logger()
	log.Info().Str("file", c.file).Str("column", c.name).Msgf("the times are %s since 1970: converted to seconds", c.unit.name)
}
