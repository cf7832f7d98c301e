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

// The weightings of features; see Weigh.
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

// Weigh gives the entries of x [n x features] weights by their feature. With df the
// number of rows that have a feature:
//
//	tfidf  sqrt(x) log(n / (1 + df))
//	bm25   x (k1 + 1) / (x + k1 (1 - b + b length / mean length)) log(1 + (n - df + .5) / (df + .5)), k1 1.2, b .75
//
// None gives x itself. A weight of tfidf may be zero or below for a feature that every
// row has.
func Weigh(x *linalg.CSR, kind string) *linalg.CSR {
	if kind == None || kind == "" {
		return x
	}
	df, mean, n := x.ColumnCounts(), float64(x.NNZ())/float64(max(1, x.Rows)), float64(x.Rows)
	out := *x
	out.Value = make([]float32, x.NNZ())
	for r := range x.Rows {
		length := float64(len(x.Row(r)))
		for at := x.Ptr[r]; at < x.Ptr[r+1]; at++ {
			value, count := 1.0, float64(df[x.Index[at]])
			if x.Value != nil {
				value = float64(x.Value[at])
			}
			if kind == TFIDF {
				value = math.Sqrt(value) * math.Log(n/(1+count))
			} else {
				value *= (saturation + 1) / (value + saturation*(1-byLength+byLength*length/mean)) * math.Log(1+(n-count+.5)/(count+.5))
			}
			out.Value[at] = float32(value)
		}
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
