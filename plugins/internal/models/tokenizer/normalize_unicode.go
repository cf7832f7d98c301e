package tokenizer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unicodeForm is one of Unicode's normalisation forms, with the characters of the
// reference: its tables (unicode-normalization-alignments) are of Unicode 9, in
// which the characters of newer stand for themselves. golang.org/x/text cannot be
// asked for the whole text, for it also breaks runs of more than 30 marks.
type unicodeForm struct {
	form    norm.Form
	compose bool
}

// mark is a character with its combining class.
type mark struct {
	r     rune
	class uint8
}

func (f unicodeForm) normalize(text string) string {
	if !utf8.ValidString(text) {
		text = string([]rune(text)) // U+FFFD for each byte
	}
	if plain(text) || !strings.ContainsFunc(text, isNewer) && f.form.IsNormalString(text) {
		return text
	}
	marks := f.decompose(text)
	sortMarks(marks)
	if f.compose {
		marks = composeMarks(marks)
	}
	var out strings.Builder
	for _, m := range marks {
		out.WriteRune(m.r)
	}
	return out.String()
}

// plain says that a text is ASCII.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isNewer(r rune) bool { return r > 0x300 && unicode.Is(newer, r) }

// decompose writes every character as its parts.
func (f unicodeForm) decompose(text string) []mark {
	apart := norm.NFD
	if f.form == norm.NFKC || f.form == norm.NFKD {
		apart = norm.NFKD
	}
	var marks []mark
	for _, r := range text {
		if isNewer(r) {
			marks = append(marks, mark{r, 0})
			continue
		}
		for _, part := range apart.String(string(r)) {
			marks = append(marks, mark{part, apart.PropertiesString(string(part)).CCC()})
		}
	}
	return marks
}

// sortMarks puts the marks between two starters in the order of their classes.
func sortMarks(marks []mark) {
	for i := 0; i < len(marks); i++ {
		end := i
		for end < len(marks) && marks[end].class != 0 {
			end++
		}
		slices.SortStableFunc(marks[i:end], func(a, b mark) int { return cmp.Compare(a.class, b.class) })
		i = end
	}
}

// composeMarks joins starters with the marks after them (Unicode 3.11, D117).
func composeMarks(marks []mark) []mark {
	out := marks[:0]
	starter := -1
	for _, m := range marks {
		last := len(out) - 1
		blocked := starter < 0 || last > starter && (out[last].class >= m.class || out[last].class == 0)
		if !blocked {
			if joined, ok := composePair(out[starter].r, m.r); ok {
				out[starter].r = joined
				continue
			}
		}
		if m.class == 0 {
			starter = len(out)
		}
		out = append(out, m)
	}
	return out
}

// composePair is the one character that two make, if they do.
func composePair(a, b rune) (rune, bool) {
	if isNewer(a) || isNewer(b) {
		return 0, false
	}
	joined := norm.NFC.String(string(a) + string(b))
	r, size := utf8.DecodeRuneInString(joined)
	return r, size == len(joined)
}
