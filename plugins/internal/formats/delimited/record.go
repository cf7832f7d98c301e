package delimited

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"cllm4rec/plugins/internal/formats/lines"
)

// Record is one record of a table. It is valid until the next one.
type Record struct {
	Path   string
	Line   int      // in which the record begins, from 1
	Fields [][]byte // UTF-8, without quotes, otherwise as they are written
	Quoted bool     // a field stands in quotes

	columns []string
}

// Errorf makes an ErrBadData that begins with the record's place.
func (r Record) Errorf(format string, args ...any) error {
	return lines.Line{Path: r.Path, Number: r.Line}.Errorf(format, args...)
}

// Column is what column i is called in messages: its name, or its number from 1.
func (r Record) Column(i int) string {
	if i < len(r.columns) && r.columns[i] != "" {
		return "column " + r.columns[i]
	}
	return "column " + strconv.Itoa(i+1)
}

// Wrong makes an ErrBadData about field i: what it holds and what was expected.
func (r Record) Wrong(i int, expected string) error {
	return r.Errorf("%s is %s, expected %s", r.Column(i), shown(r.Fields[i]), expected)
}

// shown is a field in a message.
func shown(field []byte) string {
	if len(field) == 0 {
		return "empty"
	}
	return fmt.Sprintf("%.40q", field)
}

// Trimmed is field i without the white space around it.
func (r Record) Trimmed(i int) []byte {
	field := r.Fields[i]
	if n := len(field); n > 0 && letter(field[0]) && letter(field[n-1]) {
		return field
	}
	return bytes.TrimSpace(field)
}

// letter reports whether a byte is a character of ASCII that is no white space.
func letter(b byte) bool { return b > ' ' && b < utf8.RuneSelf }

// ID is field i as the identifier of a user or an item: its text without the white
// space around it. An empty one is an ErrBadData.
func (r Record) ID(i int) (string, error) {
	id := r.Trimmed(i)
	if len(id) == 0 {
		return "", r.Wrong(i, "an identifier")
	}
	return string(id), nil
}

// Text is field i without the white space around it.
func (r Record) Text(i int) string { return string(r.Trimmed(i)) }

// Number is field i as a finite number of 64 bits; anything else is an ErrBadData.
func (r Record) Number(i int) (float64, error) {
	field := r.Trimmed(i)
	if f, ok := short(field); ok {
		return f, nil
	}
	f, err := strconv.ParseFloat(string(field), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || !decimal(field) {
		return 0, r.Wrong(i, "a number")
	}
	return f, nil
}

// tens are powers of ten; these are exact.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// short reads up to 15 digits with a point among them or none. Digits as a whole number
// and the power of ten are exact then, and so their quotient is rounded once, as
// strconv.ParseFloat rounds it (Clinger, PLDI 1990).
func short(field []byte) (f float64, ok bool) {
	digits, negative := bytes.CutPrefix(field, []byte("-"))
	if len(digits) == 0 || len(digits) > 16 {
		return 0, false
	}
	point := -1
	var n int64
	for i, d := range digits {
		if d == '.' && point < 0 {
			point = i
			continue
		}
		if d -= '0'; d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	switch {
	case point < 0 && len(digits) > 15 || len(digits) == 1 && point == 0:
		return 0, false
	case point >= 0:
		f = float64(n) / tens[len(digits)-1-point]
	default:
		f = float64(n)
	}
	if negative {
		f = -f
	}
	return f, true
}

// decimal refuses what only Go's syntax takes for a number: 0x1p4, 1_000.
func decimal(field []byte) bool { return !bytes.ContainsAny(field, "xX_") }

// Value is field i as a finite number of 32 bits, as interactions have them.
func (r Record) Value(i int) (float32, error) {
	f, err := r.Number(i)
	if err != nil {
		return 0, err
	}
	if narrow := float32(f); !math.IsInf(float64(narrow), 0) {
		return narrow, nil
	}
	return 0, r.Wrong(i, "a number of 32 bits")
}

// Whole is field i as a whole number of 64 bits; anything else is an ErrBadData.
func (r Record) Whole(i int) (int64, error) {
	n, ok := whole(r.Trimmed(i))
	if !ok {
		return 0, r.Wrong(i, "a whole number")
	}
	return n, nil
}

// whole reads decimal digits with a sign.
func whole(field []byte) (n int64, ok bool) {
	digits := field
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 { // 18 digits always fit
		n, err := strconv.ParseInt(string(field), 10, 64)
		return n, err == nil
	}
	for _, d := range digits {
		if d -= '0'; d > 9 {
			return 0, false
		}
		n = n*10 + int64(d)
	}
	if field[0] == '-' {
		n = -n
	}
	return n, true
}

// Name is what a separator is called in messages.
func Name(separator string) string {
	switch separator {
	case "\t":
		return "a tab"
	case " ":
		return "a space"
	case Blanks:
		return "spaces and tabs"
	}
	return strconv.Quote(separator)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// blank reports whether a line holds no record: nothing, or white space that is no
// separator.
func blank(text []byte, separator string) bool {
	if len(text) > 0 && text[0] > ' ' {
		return false
	}
	return len(bytes.TrimSpace(text)) == 0 && (separator == Blanks || !bytes.Contains(text, []byte(separator)))
}

// invalidAt says where text stops to be UTF-8.
func invalidAt(text []byte) string {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return fmt.Sprintf("byte %d of the line is %#02x", at+1, text[at])
}

// fromLatin1 appends text of ISO 8859-1 as UTF-8.
func fromLatin1(to, text []byte) []byte {
	for _, b := range text {
		if b < 0x80 {
			to = append(to, b)
		} else {
			to = append(to, 0xc0|b>>6, 0x80|b&0x3f)
		}
	}
	return to
}
