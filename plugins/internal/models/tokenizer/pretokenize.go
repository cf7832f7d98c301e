package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutter cuts text into parts and hands each to r.cut(next, part, first); first is
// passed on to a part that stands where the text began.
type cutter interface {
	cut(r *run, next int, text string, first bool)
}

// scanner gives the end of the word that starts at text[i], for patterns whose
// matches cover every text without gaps.
type scanner func(text string, i int) int

func (s scanner) cut(r *run, next int, text string, first bool) {
	for i := 0; i < len(text); {
		end := s(text, i)
		r.cut(next, text[i:end], first && i == 0)
		i = end
	}
}

// prefixSpace puts a space before text that does not start with one ("add_prefix_space").
type prefixSpace struct{}

func (prefixSpace) cut(r *run, next int, text string, first bool) {
	if text[0] != ' ' {
		text = " " + text
	}
	r.cut(next, text, first)
}

// whitespaceSplit drops white space and keeps what is between.
type whitespaceSplit struct{}

func (whitespaceSplit) cut(r *run, next int, text string, first bool) {
	for i := 0; i < len(text); {
		begin := skipSpace(text, i)
		end := skipBlack(text, begin)
		r.cut(next, text[begin:end], first && begin == 0)
		i = end
	}
}

func skipSpace(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

func skipBlack(text string, i int) int {
	for i < len(text) {
		c := text[i]
		if c > ' ' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

// digits cuts numbers from the rest: each digit alone, or runs of them.
type digits struct{ alone bool }

func (d digits) cut(r *run, next int, text string, first bool) {
	for i := 0; i < len(text); {
		end := nextDigits(text, i, d.alone)
		r.cut(next, text[i:end], first && i == 0)
		i = end
	}
}

func nextDigits(text string, i int, alone bool) int {
	numeric, size := isNumeric(text, i)
	if i += size; numeric && alone {
		return i
	}
	for i < len(text) {
		is, size := isNumeric(text, i)
		if is != numeric {
			break
		}
		i += size
	}
	return i
}

// isNumeric is Rust's char::is_numeric for the character at text[i], with its length.
func isNumeric(text string, i int) (is bool, size int) {
	c, size := classAt(text, i)
	if c == other && size == utf8.UTFMax {
		r, _ := utf8.DecodeRuneInString(text[i:])
		return unicode.Is(newDigits, r), size
	}
	return c == number, size
}

// scheme says when metaspace puts its character before a text.
type scheme string

const (
	always    scheme = "always"
	onlyFirst scheme = "first" // at the very beginning, not after an added token
	never     scheme = "never"
)

// metaspace writes spaces as another character, puts one before the text, and cuts
// before each.
type metaspace struct {
	sign    string // "▁"
	prepend scheme
	split   bool
}

func (m metaspace) cut(r *run, next int, text string, first bool) {
	text = strings.ReplaceAll(text, " ", m.sign)
	if (m.prepend == always || m.prepend == onlyFirst && first) && !strings.HasPrefix(text, m.sign) {
		text = m.sign + text
	}
	if !m.split {
		r.cut(next, text, first)
		return
	}
	cutBefore(r, next, text, m.sign, first)
}

// signedWords is whitespaceSplit with metaspace after it, in one go over the text: it
// writes all words into one string and hands out parts of it.
type signedWords struct{ metaspace }

func (w signedWords) cut(r *run, next int, text string, first bool) {
	var signed strings.Builder
	signed.Grow(len(text) + len(text)/4 + 8)
	for i := 0; i < len(text); {
		begin := skipSpace(text, i)
		end := skipBlack(text, begin)
		if word := text[begin:end]; word != "" {
			if !strings.HasPrefix(word, w.sign) {
				signed.WriteString(w.sign)
			}
			signed.WriteString(word)
		}
		i = end
	}
	cutBefore(r, next, signed.String(), w.sign, first)
}

// cutBefore cuts before every sign.
func cutBefore(r *run, next int, text, sign string, first bool) {
	for i := 0; i < len(text); {
		end := len(text)
		if at := strings.Index(text[i+1:], sign); at >= 0 {
			end = i + 1 + at
		}
		r.cut(next, text[i:end], first && i == 0)
		i = end
	}
}

// signRuns cuts before every run of a sign. It stands before a model that never joins
// a character with a sign after it, so that the ids are those of the whole text.
type signRuns string

func (sign signRuns) cut(r *run, next int, text string, first bool) {
	for i := 0; i < len(text); {
		end := i
		for strings.HasPrefix(text[end:], string(sign)) {
			end += len(sign)
		}
		if at := strings.Index(text[end:], string(sign)); at >= 0 {
			end += at
		} else {
			end = len(text)
		}
		r.cut(next, text[i:end], first && i == 0)
		i = end
	}
}
