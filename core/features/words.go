package features

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// The kinds of word.
const (
	// WordsASCII: runs of a-z and 0-9.
	WordsASCII = "ascii"
	// WordsUnicode: runs of two or more letters, digits and underscores, as
	// scikit-learn's pattern (?u)\b\w\w+\b finds them.
	WordsUnicode = "unicode"
)

// stopWords are the English ones that scikit-learn has, of the Glasgow Information
// Retrieval Group's list.
//
//go:embed stopwords_english.txt
var stopWords string

var englishStopWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(stopWords) {
		words[w] = true
	}
	return words
})

// splitter cuts documents into words; it must not be shared by goroutines.
type splitter struct {
	lower cases.Caser
	part  func(rune) bool // of a word
	least int             // characters of a word
	stop  map[string]bool
}

func newSplitter(words, stop string) *splitter {
	s := &splitter{lower: cases.Lower(language.Und), part: isWordASCII, least: 1}
	if words == WordsUnicode {
		s.part, s.least = isWordUnicode, 2
	}
	if stop == StopEnglish {
		s.stop = englishStopWords()
	}
	return s
}

func isWordASCII(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

func isWordUnicode(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// words are those of a document, in lower case, without stop words.
func (s *splitter) words(document string) []string {
	var words []string
	for _, w := range strings.FieldsFunc(s.lower.String(document), func(r rune) bool { return !s.part(r) }) {
		if len([]rune(w)) >= s.least && !s.stop[w] {
			words = append(words, w)
		}
	}
	return words
}

// ngrams are the words, and all runs of up to n of them joined by a space.
func ngrams(words []string, n int) []string {
	all := words
	for size := 2; size <= n; size++ {
		for at := 0; at+size <= len(words); at++ {
			all = append(all, strings.Join(words[at:at+size], " "))
		}
	}
	return all
}
