package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// addedToken is a token that is found in the text before it is cut into words.
type addedToken struct {
	ID         int32  `json:"id"`
	Text       string `json:"content"`
	Word       bool   `json:"single_word"` // not where a letter, digit or mark is next to it
	Before     bool   `json:"lstrip"`      // swallows white space before it
	After      bool   `json:"rstrip"`      // swallows white space after it
	Special    bool   `json:"special"`
	Normalized *bool  `json:"normalized"` // found in the normalised text; nil: unless special
}

// late says that the token is looked for after the text was normalised.
func (t addedToken) late() bool {
	if t.Normalized == nil {
		return !t.Special
	}
	return *t.Normalized
}

// added finds added tokens, leftmost first and the longest among those.
type added struct {
	byFirst map[byte][]addedToken // by first byte, longest text first
	first   []byte                // the first bytes
}

func newAdded(tokens []addedToken) added {
	a := added{byFirst: map[byte][]addedToken{}}
	for _, t := range tokens {
		if t.Text == "" {
			continue
		}
		a.byFirst[t.Text[0]] = append(a.byFirst[t.Text[0]], t)
	}
	for first, list := range a.byFirst {
		slices.SortStableFunc(list, func(x, y addedToken) int { return len(y.Text) - len(x.Text) })
		a.first = append(a.first, first)
	}
	return a
}

// split reports, in order, the added tokens of a text and the text between them with
// its place ("find_matches" of tokenizers' AddedVocabulary).
func (a *added) split(text string, token func(id int32), plain func(part string, at int)) {
	done := 0 // what is before it was reported
	for from := 0; ; {
		at, t := a.find(text, from)
		if t == nil {
			break
		}
		from = at + len(t.Text)
		if t.Word && (endsWord(text[:at]) || startsWord(text[from:])) {
			continue
		}
		begin, end := t.widen(text, at, done)
		if done < begin {
			plain(text[done:begin], done)
		}
		token(t.ID)
		done = end
	}
	if done < len(text) {
		plain(text[done:], done)
	}
}

// find is the first added token at or after a place; nil if there is none.
func (a *added) find(text string, from int) (at int, t *addedToken) {
	for at = a.candidate(text, from); at < len(text); at = a.candidate(text, at+1) {
		list := a.byFirst[text[at]]
		for i := range list {
			if strings.HasPrefix(text[at:], list[i].Text) {
				return at, &list[i]
			}
		}
	}
	return len(text), nil
}

// candidate is the next place from at on with the first byte of an added token.
func (a *added) candidate(text string, at int) int {
	switch len(a.first) {
	case 0:
		return len(text)
	case 1:
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

// widen is what the token swallows, not before done.
func (t *addedToken) widen(text string, at, done int) (begin, end int) {
	begin, end = at, at+len(t.Text)
	if t.Before {
		begin = max(done, len(strings.TrimRightFunc(text[:at], unicode.IsSpace)))
	}
	if t.After {
		end = len(text) - len(strings.TrimLeftFunc(text[end:], unicode.IsSpace))
	}
	return begin, end
}

func endsWord(text string) bool {
	r, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && isWord(r)
}

func startsWord(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	return size > 0 && isWord(r)
}

// isWord is \w of Unicode's regular expressions (UTS 18, annex C).
func isWord(r rune) bool {
	return classOf(r) == letter || unicode.In(r, unicode.Other_Alphabetic, unicode.Nl, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control, newWord)
}
