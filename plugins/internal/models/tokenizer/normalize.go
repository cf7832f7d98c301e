package tokenizer

import (
	"strings"
	"unicode"
)

// normalizer rewrites text before it is cut into words.
type normalizer interface {
	normalize(text string) string
}

// prepend puts a text before every other one.
type prepend string

func (p prepend) normalize(text string) string {
	if text == "" {
		return ""
	}
	return string(p) + text
}

// replace puts with in the place of every what.
type replace struct{ what, with string }

func (r replace) normalize(text string) string { return strings.ReplaceAll(text, r.what, r.with) }

// replaceRuns puts a text in the place of every run of two and more spaces.
type replaceRuns string

func (with replaceRuns) normalize(text string) string {
	if !strings.Contains(text, "  ") {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, "  ")
		if at < 0 {
			return out.String() + text
		}
		out.WriteString(text[:at] + string(with))
		text = strings.TrimLeft(text[at:], " ")
	}
}

// strip takes white space off the ends.
type strip struct{ left, right bool }

func (s strip) normalize(text string) string {
	if s.left {
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
	}
	if s.right {
		text = strings.TrimRightFunc(text, unicode.IsSpace)
	}
	return text
}

// lowercase writes every character in lower case, whatever is around it.
type lowercase struct{}

func (lowercase) normalize(text string) string {
	return strings.Map(lower, strings.ReplaceAll(text, "İ", "i̇"))
}

// lower knows the letters of Unicode 16 and 17 that Go's tables may miss.
func lower(r rune) rune {
	if small := unicode.ToLower(r); small != r || r < 0x1c89 {
		return small
	}
	switch {
	case r == 0x1c89, r == 0xa7cc, r == 0xa7ce, r == 0xa7d2, r == 0xa7d4, r == 0xa7da:
		return r + 1
	case r == 0xa7cb:
		return 0x264
	case r == 0xa7dc:
		return 0x19b
	case r >= 0x10d50 && r <= 0x10d65:
		return r + 0x20
	case r >= 0x16ea0 && r <= 0x16eb8:
		return r + 0x1b
	}
	return r
}

// nmt drops control characters and writes every kind of space as a space.
type nmt struct{}

func (nmt) normalize(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200b && r <= 0x200f,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xfeff, r == 0xfffd:
			return ' '
		case r >= 1 && r < ' ', r == 0x7f, r == 0x8f, r == 0x9f:
			return -1
		}
		return r
	}, text)
}
