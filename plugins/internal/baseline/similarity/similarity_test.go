package similarity

import (
	"math"
	"testing"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// Rows of 4 and 9 features, of which 2 are common.
func TestSimilaritiesWorkedByHand(t *testing.T) {
	for _, c := range []struct {
		s    Similarity
		want float64
	}{
		{Similarity{Kind: Cosine}, 2. / 6},
		{Similarity{Kind: Cosine, Shrink: 4}, 2. / 10},
		{Similarity{Kind: Jaccard}, 2. / 11},
		{Similarity{Kind: Asymmetric, Alpha: .5, Beta: 1}, 2. / 18},
		{Similarity{Kind: Tversky, Alpha: .5, Beta: 2}, 2. / (2 + 1 + 14)},
		{Similarity{Kind: Tversky, Alpha: 1, Beta: 1, Shrink: 3}, 2. / 14},
	} {
		if got := c.s.Of(2, 4, 9); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%+v: %v, want %v", c.s, got, c.want)
		}
	}
	if got := (Similarity{Kind: Cosine}).Of(0, 0, 3); got != 0 {
		t.Errorf("of an empty row: %v", got)
	}
}

// Three rows over two features; feature 0 is in all, feature 1 in one.
func TestWeightsWorkedByHand(t *testing.T) {
	x := &linalg.CSR{Rows: 3, Cols: 2, Ptr: []int{0, 2, 3, 4}, Index: []int32{0, 1, 0, 0}}
	k := 1.2 * (1 - .75 + .75*2/(4./3))
	for kind, want := range map[string][2]float64{
		TFIDF: {math.Log(3. / 4), math.Log(3. / 2)},
		BM25:  {2.2 / (1 + k) * math.Log(1+.5/3.5), 2.2 / (1 + k) * math.Log(1+2.5/1.5)},
	} {
		got := Weigh(x, kind)
		for j := range want {
			if math.Abs(float64(got.Value[j])-want[j]) > 1e-7 {
				t.Errorf("%s: weights %v, want %v", kind, got.Value[:2], want)
			}
		}
		if x.Value != nil {
			t.Fatal("the matrix itself was changed")
		}
		if s := Squares(got); math.Abs(s[0]-want[0]*want[0]-want[1]*want[1]) > 1e-6 {
			t.Errorf("%s: square %v", kind, s[0])
		}
	}
	if Weigh(x, None) != x || Squares(x)[0] != 2 {
		t.Error("without weights a matrix stays, and its squares are lengths")
	}
}
