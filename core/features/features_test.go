package features

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// fixture holds what scikit-learn and NumPy give; testdata/make_fixture.py made it.
type fixture struct {
	Documents []string
	Cases     []struct {
		Name  string
		Words []string
		Rows  [][]float64
	}
	Vectors [][]float64
	White   map[string][][]float64
}

func readFixture(t *testing.T) fixture {
	t.Helper()
	var f fixture
	raw, err := os.ReadFile("testdata/fixture.json")
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// settings are those of the fixture's cases.
var settings = map[string]TFIDF{
	"scikit-learn": {Words: WordsUnicode, Ngrams: 2, MinDF: 2, Sublinear: true, IDF: IDFSmooth, StopWords: StopEnglish},
	"counts":       {Words: WordsUnicode, Ngrams: 3, MinDF: 1, IDF: IDFNone, StopWords: StopNone},
	"golden":       {Words: WordsASCII, Ngrams: 1, MinDF: 2, Sublinear: true, IDF: IDFPlain, StopWords: StopNone},
}

func TestTFIDFEqualsScikitLearnAndTheGoldenForm(t *testing.T) {
	f := readFixture(t)
	for _, c := range f.Cases {
		m, err := settings[c.Name].Matrix(f.Documents)
		if err != nil {
			t.Fatal(err)
		}
		if m.Rows != len(c.Rows) || m.Width != len(c.Words) {
			t.Fatalf("%s: [%d x %d], want [%d x %d]", c.Name, m.Rows, m.Width, len(c.Rows), len(c.Words))
		}
		equal(t, c.Name, dense(m), c.Rows, 1e-7)
	}
}

func dense(m *Matrix) [][]float64 {
	out := make([][]float64, m.Rows)
	for i := range out {
		out[i] = make([]float64, m.Width)
		for c := range m.Width {
			if m.Dense != nil {
				out[i][c] = float64(m.Dense[i*m.Width+c])
			}
		}
		if m.Dense == nil {
			for at := m.Ptr[i]; at < m.Ptr[i+1]; at++ {
				out[i][m.Columns[at]] = float64(m.Values[at])
			}
		}
	}
	return out
}

func equal(t *testing.T, what string, got, want [][]float64, tolerance float64) {
	t.Helper()
	for i := range want {
		for c := range want[i] {
			if len(got) != len(want) || len(got[i]) != len(want[i]) || math.Abs(got[i][c]-want[i][c]) > tolerance {
				t.Fatalf("%s: row %d, column %d: %v, want %v", what, i, c, got[i], want[i])
			}
		}
	}
}

// Two of three items have "soap", two "red": ln(3/2) each; "blue" stands in one.
func TestTFIDFWorkedByHand(t *testing.T) {
	m, err := settings["golden"].Matrix([]string{"Red soap, red", "SOAP blue", "red"})
	if err != nil {
		t.Fatal(err)
	}
	length := math.Hypot(1+math.Ln2, 1)
	equal(t, "red, soap", dense(m), [][]float64{{(1 + math.Ln2) / length, 1 / length}, {0, 1}, {1, 0}}, 1e-7)
	if _, err := settings["golden"].Matrix([]string{"a", "b"}); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "of 2 words none stays") {
		t.Errorf("no word of two items: error %v", err)
	}
}

func TestDocumentsJoinTheTextsOfAnItem(t *testing.T) {
	texts := []data.Text{
		{Kind: contract.TextTags, User: -1, Item: 0, Text: "red"}, {Kind: contract.TextTitle, User: -1, Item: 0, Text: "Lipstick"},
		{Kind: contract.TextReview, User: 3, Item: 1, Text: "good"}, {Kind: contract.TextReview, User: 4, Item: 1, Text: "better"},
		{Kind: contract.TextBiography, User: 4, Item: -1, Text: "somebody"},
	}
	got, err := Documents(texts, nil, 3)
	if err != nil || !slices.Equal(got, []string{"Lipstick red", "", ""}) {
		t.Errorf("got %q, error %v", got, err)
	}
	got, err = Documents(texts, []contract.TextKind{contract.TextTags, contract.TextReview}, 3)
	if err != nil || !slices.Equal(got, []string{"red", "good better", ""}) {
		t.Errorf("got %q, error %v", got, err)
	}
	if _, err = Documents(texts, []contract.TextKind{contract.TextBrand}, 3); !errors.Is(err, contract.ErrInvalid) ||
		!strings.Contains(err.Error(), "no item has a text of the kinds brand; the data have review, biography, title, tags") {
		t.Errorf("no brand: error %v", err)
	}
}

func TestWhiteningEqualsNumPy(t *testing.T) {
	f := readFixture(t)
	m := &Matrix{Rows: len(f.Vectors), Width: len(f.Vectors[0])}
	for _, row := range f.Vectors {
		for _, v := range row {
			m.Dense = append(m.Dense, float32(v))
		}
	}
	for name, w := range map[string]Whitening{
		"half": {Whiten: WhitenHalf}, "full": {Whiten: WhitenFull}, "half2": {Whiten: WhitenHalf, Rank: 2}, "centre3": {Whiten: WhitenCentre, Rank: 3},
	} {
		got, err := w.Apply(m)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, name, dense(got), f.White[name], 1e-5)
	}
	got, err := Whitening{Whiten: WhitenCentre}.Apply(m)
	if err != nil || got.Dense[4*4] != 0 {
		t.Errorf("a row of zeros becomes %v, error %v", got.Dense[4*4:5*4], err)
	}
	if same, err := (Whitening{}).Apply(m); err != nil || same != m {
		t.Errorf("no whitening: error %v", err)
	}
	for says, c := range map[string]struct {
		w Whitening
		m *Matrix
	}{
		"rank 5 is beyond the 4 principal components": {Whitening{WhitenHalf, 5}, m},
		"these are sparse":                            {Whitening{WhitenFull, 0}, &Matrix{Rows: 1, Width: 1, Ptr: []int{0, 0}}},
		"all vectors are zero":                        {Whitening{WhitenFull, 0}, &Matrix{Rows: 1, Width: 2, Dense: []float32{0, 0}}},
		"vectors are the same":                        {Whitening{WhitenFull, 0}, &Matrix{Rows: 2, Width: 1, Dense: []float32{2, 2}}},
		"rank has no effect":                          {Whitening{Rank: 3}, nil},
		"rank has no effect wi":                       {Whitening{WhitenNone, 3}, nil},
	} {
		err := c.w.Check()
		if err == nil {
			_, err = c.w.Apply(c.m)
		}
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

// sample is sparse: rows {2: 5}, {}, {0: 1, 2: 3}.
func sample() *Matrix {
	return &Matrix{Rows: 3, Width: 3, Ptr: []int{0, 1, 1, 3}, Columns: []int32{2, 0, 2}, Values: []float32{5, 1, 3}}
}

func TestAShuffledItemHasTheRowOfAnother(t *testing.T) {
	equal(t, "sparse", dense(sample().Permuted([]int32{2, 0, 1})), [][]float64{{1, 0, 3}, {0, 0, 5}, {0, 0, 0}}, 0)
	m := &Matrix{Rows: 3, Width: 1, Dense: []float32{7, 8, 9}}
	equal(t, "dense", dense(m.Permuted([]int32{2, 0, 1})), [][]float64{{9}, {7}, {8}}, 0)
}

func TestMatricesTravelInChunksThatTheContractTakes(t *testing.T) {
	const rows, width = 700, 400
	large := &Matrix{Rows: rows, Width: width, Dense: make([]float32, rows*width)}
	for i := range large.Dense {
		large.Dense[i] = float32(i)
	}
	for _, m := range []*Matrix{sample(), large} {
		next := 0
		for _, c := range m.Chunks("x", contract.EntityItem) {
			if err := c.Check(1, m.Rows); err != nil {
				t.Fatal(err)
			}
			for i, row := range c.Rows {
				if int(row) != next {
					t.Fatalf("row %d comes for row %d", row, next)
				}
				next++
				if c.Dense != nil && c.Dense[i*width] != float32(int(row)*width) {
					t.Fatalf("row %d has the values of another", row)
				}
			}
		}
		if next != m.Rows {
			t.Errorf("%d of %d rows came", next, m.Rows)
		}
	}
	if n := len(large.Chunks("x", contract.EntityItem)); n != 3 {
		t.Errorf("%d chunks of at most %d values, want 3 for %d", n, chunkValues, rows*width)
	}
	side := sample().SideChunks("words", 2)
	if len(side) != 1 || !slices.Equal(side[0].Rows, []int32{2, 0, 2}) || !slices.Equal(side[0].Items, []int32{0, 2, 2}) || !slices.Equal(side[0].Weights, []float32{10, 2, 6}) {
		t.Errorf("pseudo-users %+v", side)
	}
}
