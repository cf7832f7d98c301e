package tokenizer

import (
	"slices"
	"unicode/utf8"
)

// class is what GPT-2's pattern distinguishes in a character, as in classRuns.
type class uint8

const (
	other  class = iota // anything else, invalid UTF-8 included
	letter              // \p{L}
	number              // \p{N}
	space               // \s
)

// classAt gives the class of the character at text[i] and its length in bytes.
func classAt(text string, i int) (class, int) {
	c := text[i]
	switch {
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		return letter, 1
	case c == ' ' || c >= '\t' && c <= '\r':
		return space, 1
	case c >= '0' && c <= '9':
		return number, 1
	case c < utf8.RuneSelf:
		return other, 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	if r == utf8.RuneError && size == 1 {
		return other, 1
	}
	return classOf(r), size
}

// classOf looks a character up in classRuns.
func classOf(r rune) class {
	after, _ := slices.BinarySearch(classRuns[:], uint32(r+1)<<2)
	return class(classRuns[after-1] & 3)
}

// runFrom is where a run of characters of one class that starts at i ends, and
// where its last character starts.
func runFrom(text string, i int, of class) (end, last int) {
	last = i
	for i < len(text) {
		c, size := classAt(text, i)
		if c != of {
			break
		}
		last, i = i, i+size
	}
	return i, last
}

// gpt2Word is the end of the word that starts at text[i]. It scans what GPT-2's
// pattern matches, alternative by alternative:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func gpt2Word(text string, i int) int {
	if text[i] == '\'' {
		if n := contraction(text[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	start := i
	if text[i] == ' ' && i+1 < len(text) {
		start++
	}
	if c, _ := classAt(text, start); c != space {
		end, _ := runFrom(text, start, c)
		return end
	}
	end, last := runFrom(text, i, space)
	if end == len(text) || last == i {
		return end
	}
	return last // \s+(?!\S) gives its last character back to the next word
}

// contraction is the length of s, t, re, ve, m, ll or d at the start of text, else 0.
func contraction(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case 's', 't', 'm', 'd':
		return 1
	}
	if len(text) > 1 && (text[:2] == "re" || text[:2] == "ve" || text[:2] == "ll") {
		return 2
	}
	return 0
}
