package tokenizer

import (
	"slices"
	"strings"
	"unicode"
)

// addedToken is a token that is found in the text before it is cut into words.
type addedToken struct {
	ID     int32  `json:"id"`
	Text   string `json:"content"`
	Word   bool   `json:"single_word"`
	Before bool   `json:"lstrip"` // swallows white space before it
	After  bool   `json:"rstrip"` // swallows white space after it
}

// added finds added tokens, leftmost first and the longest among those.
type added struct {
	byFirst map[byte][]addedToken // by first byte, longest text first
	first   []byte                // the first bytes
}

// match is a found token; id is -1 and begin is the text's length when there is none.
type match struct {
	begin, end int
	id         int32
}

func newAdded(tokens []addedToken) added {
	a := added{byFirst: map[byte][]addedToken{}}
	for _, t := range tokens {
		a.byFirst[t.Text[0]] = append(a.byFirst[t.Text[0]], t)
	}
	for first, list := range a.byFirst {
		slices.SortFunc(list, func(x, y addedToken) int { return len(y.Text) - len(x.Text) })
		a.first = append(a.first, first)
	}
	return a
}

func (a *added) find(text string) match {
	for at := a.candidate(text, 0); at < len(text); at = a.candidate(text, at+1) {
		for _, t := range a.byFirst[text[at]] {
			if strings.HasPrefix(text[at:], t.Text) {
				return t.widen(text, at)
			}
		}
	}
	return match{begin: len(text), end: len(text), id: -1}
}

// candidate is the next place from at on with the first byte of an added token.
func (a *added) candidate(text string, at int) int {
	if len(a.byFirst) == 0 {
		return len(text)
	}
	if len(a.first) == 1 {
		if n := strings.IndexByte(text[at:], a.first[0]); n >= 0 {
			return at + n
		}
		return len(text)
	}
	for at < len(text) && a.byFirst[text[at]] == nil {
		at++
	}
	return at
}

func (t addedToken) widen(text string, at int) match {
	m := match{begin: at, end: at + len(t.Text), id: t.ID}
	if t.Before {
		m.begin = len(strings.TrimRightFunc(text[:at], unicode.IsSpace))
	}
	if t.After {
		m.end = len(text) - len(strings.TrimLeftFunc(text[m.end:], unicode.IsSpace))
	}
	return m
}
