package tokenizer

import (
	"strings"
	"unicode/utf8"

	"cllm4rec/plugins/internal/models/sentencepiece"
)

// charsMap is SentencePiece's precompiled map ("Precompiled"). It rewrites grapheme by
// grapheme; between two ASCII characters (other than a carriage return) there is
// always the end of one, so that those go through a table.
type charsMap struct {
	slow  *sentencepiece.CharsMap
	ascii [utf8.RuneSelf]string // what becomes of each character alone
	same  [utf8.RuneSelf]bool   // it stays
}

func newCharsMap(m *sentencepiece.CharsMap) *charsMap {
	c := &charsMap{slow: m}
	for b := range c.ascii {
		c.ascii[b] = m.Normalize(string(rune(b)))
		c.same[b] = c.ascii[b] == string(rune(b)) && b != '\r'
	}
	return c
}

func (c *charsMap) normalize(text string) string {
	i := c.unchanged(text, 0)
	if i == len(text) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + 16)
	for done := 0; ; i = c.unchanged(text, done) {
		out.WriteString(text[done:i])
		if i == len(text) {
			return out.String()
		}
		done = c.hard(text, i)
		if done == i+1 && text[i] < utf8.RuneSelf && text[i] != '\r' {
			out.WriteString(c.ascii[text[i]])
			continue
		}
		out.WriteString(c.slow.Normalize(text[i:done]))
	}
}

// unchanged is where text from i on stops to stand for itself: at the first character
// that becomes another one, or at the one before what is not ASCII.
func (c *charsMap) unchanged(text string, i int) int {
	start := i
	for i < len(text) && text[i] < utf8.RuneSelf && c.same[text[i]] {
		i++
	}
	if i < len(text) && i > start && (text[i] >= utf8.RuneSelf || text[i] == '\r') {
		i--
	}
	return i
}

// hard is where the graphemes from i on end for certain: after the first character
// that is ASCII and has ASCII after it.
func (c *charsMap) hard(text string, i int) int {
	for i++; i < len(text); i++ {
		before, after := text[i-1], text[i]
		if before < utf8.RuneSelf && after < utf8.RuneSelf && before != '\r' {
			return i
		}
	}
	return len(text)
}
