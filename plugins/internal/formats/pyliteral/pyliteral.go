// Package pyliteral reads one Python literal: what ast.literal_eval takes of
// None, True, False, numbers, texts, lists, tuples and dictionaries. It
// evaluates nothing. The Amazon 2014 metadata are written this way.
package pyliteral

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of lists and dictionaries.
const maxDepth = 64

// Parse reads a literal that fills src, which is UTF-8, perhaps with a byte order
// mark before it. Values are nil, bool,
// int64, float64, string, []any (lists and tuples) and map[string]any; keys of
// dictionaries are texts, each once. Errors name the column, from 1.
func Parse(src string) (any, error) {
	p := parser{src: strings.TrimPrefix(src, "\ufeff")}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at != len(p.src) {
		return nil, p.errorf("something follows the literal")
	}
	return v, nil
}

type parser struct {
	src string
	at  int
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("column %d: %s", p.at+1, fmt.Sprintf(format, args...))
}

func (p *parser) space() {
	for p.at < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next byte after white space, 0 at the end.
func (p *parser) peek() byte {
	if p.space(); p.at < len(p.src) {
		return p.src[p.at]
	}
	return 0
}

// accept moves over c when it is next.
func (p *parser) accept(c byte) bool {
	if p.peek() != c || c == 0 {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, p.errorf("nested deeper than %d", maxDepth)
	}
	switch c := p.peek(); {
	case c == '{':
		return p.dict(depth)
	case c == '[':
		return p.list(']', depth)
	case c == '(':
		return p.list(')', depth)
	case p.textAhead():
		return p.text()
	case c == 0:
		return nil, p.errorf("the literal ends here, before it is complete")
	default:
		return p.word()
	}
}

func (p *parser) list(end byte, depth int) (any, error) {
	p.at++
	items := []any{}
	for !p.accept(end) {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		if !p.accept(',') && p.peek() != end {
			return nil, p.errorf("expected a comma or %q", end)
		}
	}
	return items, nil
}

func (p *parser) dict(depth int) (any, error) {
	p.at++
	d := map[string]any{}
	for !p.accept('}') {
		if p.peek(); !p.textAhead() {
			return nil, p.errorf("expected a key in quotes")
		}
		key, err := p.text()
		if err != nil {
			return nil, err
		}
		if _, again := d[key]; again {
			return nil, p.errorf("the key %.80q stands there twice", key)
		}
		if !p.accept(':') {
			return nil, p.errorf("expected a colon after the key %q", key)
		}
		if d[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if !p.accept(',') && p.peek() != '}' {
			return nil, p.errorf("expected a comma or \"}\"")
		}
	}
	return d, nil
}

// word reads None, True, False or a number.
func (p *parser) word() (any, error) {
	rest := p.src[p.at:]
	end := strings.IndexAny(rest, " \t\r\n,:]})")
	if end < 0 {
		end = len(rest)
	}
	word := rest[:end]
	v, ok := constant(word)
	if !ok {
		return nil, p.errorf("%.40q is no plain value", word)
	}
	p.at += end
	return v, nil
}

func constant(word string) (any, bool) {
	switch word {
	case "None":
		return nil, true
	case "True", "False":
		return word == "True", true
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return n, true
	}
	if strings.ContainsAny(word, "xXpP_nN") { // no hexadecimal floats, no nan
		return nil, false
	}
	f, err := strconv.ParseFloat(word, 64)
	return f, err == nil
}

// textAhead reports whether a text begins here, perhaps with the u of Python 2.
func (p *parser) textAhead() bool {
	rest := strings.TrimPrefix(p.src[p.at:], "u")
	return rest != "" && (rest[0] == '\'' || rest[0] == '"')
}

func (p *parser) text() (string, error) {
	if p.src[p.at] == 'u' {
		p.at++
	}
	quote := p.src[p.at]
	p.at++
	var b strings.Builder
	for p.at < len(p.src) {
		n := strings.IndexAny(p.src[p.at:], `\`+string(quote))
		if n < 0 {
			break
		}
		b.WriteString(p.src[p.at : p.at+n])
		p.at += n + 1
		if p.src[p.at-1] == quote {
			return b.String(), nil
		}
		if err := p.escape(&b); err != nil {
			return "", err
		}
	}
	p.at = len(p.src)
	return "", p.errorf("the text is not closed")
}

// escape reads what follows a backslash.
func (p *parser) escape(b *strings.Builder) error {
	if p.at >= len(p.src) {
		return p.errorf("the text is not closed")
	}
	c := p.src[p.at]
	p.at++
	switch c {
	case 'x':
		return p.codePoint(b, 2)
	case 'u':
		return p.codePoint(b, 4)
	case 'U':
		return p.codePoint(b, 8)
	}
	if i := strings.IndexByte(`\'"nrtabfv0`, c); i >= 0 {
		b.WriteByte("\\'\"\n\r\t\a\b\f\v\x00"[i])
		return nil
	}
	b.WriteString(`\` + string(rune(c))) // Python keeps an escape that it does not know
	if c >= utf8.RuneSelf {
		return p.errorf("a backslash before a letter outside ASCII")
	}
	return nil
}

func (p *parser) codePoint(b *strings.Builder, digits int) error {
	if p.at+digits > len(p.src) {
		return p.errorf("the text is not closed")
	}
	n, err := strconv.ParseUint(p.src[p.at:p.at+digits], 16, 32)
	if err != nil {
		return p.errorf("%q are not %d hexadecimal digits", p.src[p.at:p.at+digits], digits)
	}
	p.at += digits
	b.WriteRune(rune(n)) // writes U+FFFD for what is no code point
	return nil
}
