// Package printable makes foreign text safe to show: what plugins write and what
// data sets and models name. A terminal acts on control characters, and characters
// that turn the direction of writing let a text show what it does not say.
package printable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s with every character that a terminal would act on or not show quoted
// as in Go: \x1b, \u202e, and \xff for a byte that is no UTF-8. Line ends and tabs
// stay, and so do the joiners of scripts and emoji.
func Text(s string) string { return quote(s, "\n\t") }

// Line is Text for what must be one line of one cell: line ends and tabs are quoted
// as well.
func Line(s string) string { return quote(s, "") }

func quote(s, kept string) string {
	if clean(s, kept) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case shown(r, kept):
			b.WriteRune(r)
		default:
			b.WriteString(escape(r))
		}
		s = s[size:]
	}
	return b.String()
}

func clean(s, kept string) bool {
	for i, r := range s {
		if !shown(r, kept) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
	}
	return true
}

// Two joiners are part of how Indic and Persian texts and emoji are spelt.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// shown reports whether a character is drawn and does nothing else.
func shown(r rune, kept string) bool {
	return unicode.IsGraphic(r) || r == joiner || r == nonJoiner || strings.ContainsRune(kept, r)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xFFFF:
		return fmt.Sprintf(`\U%08x`, r)
	default:
		return fmt.Sprintf(`\u%04x`, r)
	}
}
