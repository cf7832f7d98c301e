// Package similarity compares sparse rows, as the neighbourhood models do.
package similarity

import (
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// The similarities; see Similarity.
const (
	Cosine     = "cosine"
	Jaccard    = "jaccard"
	Asymmetric = "asymmetric"
	Tversky    = "tversky"
)

// The weightings of features; see Weighting.
const (
	None  = "none"
	TFIDF = "tfidf"
	BM25  = "bm25"
)

// Similarity of two rows a and b from their inner product c and their squares A = <a, a>
// and B = <b, b>:
//
//	cosine      c / (sqrt(A B) + shrink)
//	jaccard     c / (A + B - c + shrink)
//	asymmetric  c / (A^alpha B^beta + shrink)        Aiolli 2013 has beta = 1 - alpha
//	tversky     c / (c + alpha (A - c) + beta (B - c) + shrink)
//
// On binary rows c is the number of common features and A, B are the lengths.
type Similarity struct {
	Kind        string
	Shrink      float64
	Alpha, Beta float64 // of asymmetric and tversky
}

// Of is the similarity; zero where the denominator is.
func (s Similarity) Of(c, a, b float64) float64 {
	denominator := s.denominator(c, a, b) + s.Shrink
	if denominator == 0 {
		return 0
	}
	return c / denominator
}

func (s Similarity) denominator(c, a, b float64) float64 {
	switch s.Kind {
	case Jaccard:
		return a + b - c
	case Asymmetric:
		return math.Pow(a, s.Alpha) * math.Pow(b, s.Beta)
	case Tversky:
		return c + s.Alpha*(a-c) + s.Beta*(b-c)
	default:
		return math.Sqrt(a * b)
	}
}

// BM25's constants, as Okapi has them.
const (
	saturation = 1.2  // k1
	byLength   = 0.75 // b
)

// Weighting gives the entries of a row weights by their feature. With df the number of
// the n rows of x that have a feature, and of a row with so many features its length:
//
//	tfidf  sqrt(x) log(n / (1 + df))
//	bm25   x (k1 + 1) / (x + k1 (1 - b + b length / mean length)) log(1 + (n - df + .5) / (df + .5)), k1 1.2, b .75
//
// A weight of tfidf may be zero or below for a feature that every row has.
type Weighting struct {
	kind string
	idf  []float64 // [features]
	mean float64   // length of a row
}

// NewWeighting counts the features of x [n x features].
func NewWeighting(x *linalg.CSR, kind string) Weighting {
	w := Weighting{kind: kind, mean: float64(x.NNZ()) / float64(max(1, x.Rows)), idf: make([]float64, x.Cols)}
	n := float64(x.Rows)
	for c, count := range x.ColumnCounts() {
		df := float64(count)
		if kind == TFIDF {
			w.idf[c] = math.Log(n / (1 + df))
		} else {
			w.idf[c] = math.Log(1 + (n-df+.5)/(df+.5))
		}
	}
	return w
}

// Row fills out with the weights of a row; nil values mean ones.
func (w Weighting) Row(columns []int32, values, out []float32) {
	norm := saturation * (1 - byLength + byLength*float64(len(columns))/w.mean)
	for k, c := range columns {
		value := 1.0
		if values != nil {
			value = float64(values[k])
		}
		switch w.kind {
		case TFIDF:
			value = math.Sqrt(value) * w.idf[c]
		case BM25:
			value *= (saturation + 1) / (value + norm) * w.idf[c]
		}
		out[k] = float32(value)
	}
}

// Weigh is x with the weights of its own Weighting; None gives x itself.
func Weigh(x *linalg.CSR, kind string) *linalg.CSR {
	if kind == None {
		return x
	}
	w, out := NewWeighting(x, kind), *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		w.Row(x.Row(r), x.Values(r), out.Values(r))
	}
	return &out
}

// Squares are <a, a> of every row a of x.
func Squares(x *linalg.CSR) []float64 {
	out := make([]float64, x.Rows)
	for r := range out {
		if x.Value == nil {
			out[r] = float64(len(x.Row(r)))
			continue
		}
		for _, v := range x.Values(r) {
			out[r] += float64(v) * float64(v)
		}
	}
	return out
}
