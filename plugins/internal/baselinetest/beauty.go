// Package baselinetest holds what the tests of baselines that read item texts share.
package baselinetest

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/core/features"
	"cllm4rec/plugins/internal/formats/pickle"
)

// Beauty is the CLLM4Rec paper's split of Amazon Beauty with the texts of its items.
func Beauty(t testing.TB) *data.Split {
	t.Helper()
	split := evaltest.Beauty(t)
	for _, kind := range features.Fields() {
		path := evaltest.Shared(t, "cllm4rec-beauty", "item_texts", string(kind)+".pkl")
		value, err := pickle.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range value.(*pickle.List).Items {
			pair := record.(*pickle.List).Items // [prompt, text]
			split.Training.Texts = append(split.Training.Texts, data.Text{
				Kind: kind, User: -1, Item: item(t, path, pair[0].(string), split), Text: strings.TrimPrefix(pair[1].(string), " "),
			})
		}
	}
	return split
}

// item is the item_N that a prompt names.
func item(t testing.TB, path, prompt string, split *data.Split) int32 {
	t.Helper()
	_, rest, _ := strings.Cut(prompt, "item_")
	number := strings.TrimRight(strings.Fields(rest)[0], ":.,;")
	n, err := strconv.Atoi(number)
	if err != nil || n >= split.Items.Len() {
		t.Fatalf("%s: the prompt %q names no item", filepath.Base(path), prompt)
	}
	return int32(n)
}

// Golden is the TF-IDF of the golden rows: lower-case [a-z0-9]+ words of at least two
// items, (1 + ln tf) ln(N/df), rows of length 1.
func Golden(fields ...contract.TextKind) features.TFIDF {
	return features.TFIDF{Fields: fields, Words: features.WordsASCII, Ngrams: 1, MinDF: 2, Sublinear: true, IDF: features.IDFPlain, StopWords: features.StopNone}
}

// ScikitLearn is TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True,
// stop_words="english").
func ScikitLearn(fields ...contract.TextKind) features.TFIDF {
	return features.TFIDF{Fields: fields, Words: features.WordsUnicode, Ngrams: 2, MinDF: 2, Sublinear: true, IDF: features.IDFSmooth, StopWords: features.StopEnglish}
}

// TFIDF is the matrix of a split's items.
func TFIDF(t testing.TB, split *data.Split, o features.TFIDF) *features.Matrix {
	t.Helper()
	documents, err := features.Documents(split.Training.Texts, o.Fields, split.Items.Len())
	if err != nil {
		t.Fatal(err)
	}
	m, err := o.Matrix(documents)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Features are chunks for evaltest.Fit.
func Features(all ...*features.Matrix) []*contract.TrainChunk {
	var chunks []*contract.TrainChunk
	for i, m := range all {
		for _, c := range m.Chunks("features "+strconv.Itoa(i), contract.EntityItem) {
			chunks = append(chunks, &contract.TrainChunk{Features: c})
		}
	}
	return chunks
}

// Sparse is a matrix of the values that are not zero.
func Sparse(values [][]float32) *features.Matrix {
	m := &features.Matrix{Rows: len(values), Width: len(values[0]), Ptr: []int{0}}
	for _, row := range values {
		for column, v := range row {
			if v != 0 {
				m.Columns, m.Values = append(m.Columns, int32(column)), append(m.Values, v)
			}
		}
		m.Ptr = append(m.Ptr, len(m.Columns))
	}
	return m
}

// Dense is a matrix of all values.
func Dense(values [][]float32) *features.Matrix {
	return &features.Matrix{Rows: len(values), Width: len(values[0]), Dense: slices.Concat(values...)}
}
