package features

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// The ways to weigh a word by how many of n items have it, df.
const (
	IDFSmooth = "smooth" // ln((1+n)/(1+df)) + 1
	IDFPlain  = "plain"  // ln(n/df)
	IDFNone   = "none"   // 1
)

// The lists of words that are left out.
const (
	StopNone    = "none"
	StopEnglish = "english"
)

// TFIDF says how the words of item texts become a sparse matrix of items and words.
// The defaults are TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True,
// stop_words="english") of scikit-learn.
type TFIDF struct {
	Fields    []contract.TextKind `json:"fields,omitempty" jsonschema:"minItems=1,uniqueItems=true,enum=title,enum=brand,enum=categories,enum=tags,enum=description,enum=review" jsonschema_description:"kinds of text, joined in this order (default: title, brand, categories, tags, description); of reviews those of training"`
	Words     string              `json:"words" jsonschema:"enum=unicode,enum=ascii,default=unicode" jsonschema_description:"what a word is, in lower case: two or more letters, digits and underscores of any script, or one or more of a-z and 0-9"`
	Ngrams    int                 `json:"ngrams" jsonschema:"minimum=1,maximum=5,default=2" jsonschema_description:"longest run of words that counts as one"`
	MinDF     int                 `json:"min_df" jsonschema:"minimum=1,maximum=1000000000,default=2" jsonschema_description:"words of fewer items are left out"`
	Sublinear bool                `json:"sublinear" jsonschema:"default=true" jsonschema_description:"a word that occurs n times counts 1 + ln n, not n"`
	IDF       string              `json:"idf" jsonschema:"enum=smooth,enum=plain,enum=none,default=smooth" jsonschema_description:"weight of a word that df of n items have: ln((1 + n) / (1 + df)) + 1, or ln(n / df), or 1"`
	StopWords string              `json:"stop_words" jsonschema:"enum=english,enum=none,default=english" jsonschema_description:"words that are left out before runs are made"`
}

// Matrix is [documents x words] with rows of length 1 (of zero where a document has no
// word that stays); columns are the words in the order of their bytes. An ErrInvalid
// when no word stays.
func (o TFIDF) Matrix(documents []string) (*Matrix, error) {
	counts := o.count(documents)
	df := map[string]int{}
	for _, c := range counts {
		for word := range c {
			df[word]++
		}
	}
	var words []string
	for word, n := range df {
		if n >= o.MinDF && o.weight(n, len(documents)) > 0 {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "of %d words none stays that stands in at least %d of %d items and not in all: lower min_df", len(df), o.MinDF, len(documents))
	}
	slices.Sort(words)
	m := &Matrix{Rows: len(documents), Width: len(words), Ptr: make([]int, 1, len(documents)+1)}
	for _, c := range counts {
		o.addRow(m, c, words, df)
	}
	return m, nil
}

// count counts the words, and runs of words, of each document.
func (o TFIDF) count(documents []string) []map[string]int {
	s := newSplitter(o.Words, o.StopWords)
	counts := make([]map[string]int, len(documents))
	for i, d := range documents {
		counts[i] = map[string]int{}
		for _, word := range ngrams(s.words(d), o.Ngrams) {
			counts[i][word]++
		}
	}
	return counts
}

// weight is that of a word of df among n documents.
func (o TFIDF) weight(df, n int) float64 {
	switch o.IDF {
	case IDFSmooth:
		return math.Log(float64(1+n)/float64(1+df)) + 1
	case IDFPlain:
		return math.Log(float64(n) / float64(df))
	default:
		return 1
	}
}

// addRow appends the row of one document.
func (o TFIDF) addRow(m *Matrix, counts map[string]int, words []string, df map[string]int) {
	var columns []int32
	for word := range counts {
		if at, stays := slices.BinarySearch(words, word); stays {
			columns = append(columns, int32(at))
		}
	}
	slices.Sort(columns)
	values, square := make([]float64, len(columns)), 0.0
	for i, c := range columns {
		tf := float64(counts[words[c]])
		if o.Sublinear {
			tf = 1 + math.Log(tf)
		}
		values[i] = tf * o.weight(df[words[c]], m.Rows)
		square += values[i] * values[i]
	}
	for i, v := range values {
		m.Columns, m.Values = append(m.Columns, columns[i]), append(m.Values, float32(v/math.Sqrt(square)))
	}
	m.Ptr = append(m.Ptr, len(m.Columns))
}
