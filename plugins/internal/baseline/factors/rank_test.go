package factors

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg/lapack"
)

const items, width = 517, 37

// sums ranks by the sum of a history's item vectors, plus one for items of the history.
func sums(threads int) Ranker {
	rng := rand.New(rand.NewPCG(1, 2))
	table := lapack.Dense(items, width, make([]float32, items*width))
	for i := range table.Data {
		table.Data[i] = float32(rng.NormFloat64())
	}
	return Ranker{Items: table, Threads: threads,
		Vectors: func(_ int, queries []contract.Query, out lapack.Mat[float32]) error {
			for i, q := range queries {
				for _, item := range q.History {
					for k := range width {
						out.Data[i*width+k] += table.Data[int(item)*width+k]
					}
				}
			}
			return nil
		},
		Add: func(_ int, q contract.Query, scores []float32) {
			for _, item := range q.History {
				scores[item]++
			}
		},
	}
}

func queries() []contract.Query {
	all := make([]contract.Query, 3*Block+5)
	for u := range all {
		all[u] = contract.Query{User: int32(u), History: []int32{int32(u * 7 % items), int32((u*u + 1) % items)}, K: items}
	}
	return all
}

func TestScoresAreInnerProducts(t *testing.T) {
	r, asked := sums(2), queries()
	got, err := r.Rank(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	for u, q := range asked {
		if err := got[u].Check(q, items); err != nil {
			t.Fatal(err)
		}
		for at, item := range got[u].Items {
			want := 0.0
			for _, h := range q.History {
				for k := range width {
					want += float64(r.Items.Data[int(h)*width+k]) * float64(r.Items.Data[int(item)*width+k])
				}
				if h == item {
					want++
				}
			}
			if math.Abs(float64(got[u].Scores[at])-want) > 1e-4 {
				t.Fatalf("user %d, item %d: score %v, want %v", u, item, got[u].Scores[at], want)
			}
		}
	}
}

func TestBitsDependNeitherOnThreadsNorOnNeighbouringQueries(t *testing.T) {
	asked, spec := queries(), contract.RankSpec{Ties: contract.Ties{Seed: 4}}
	all, err := sums(3).Rank(t.Context(), spec, asked)
	if err != nil {
		t.Fatal(err)
	}
	for u := range asked {
		one, err := sums(1).Rank(t.Context(), spec, asked[u:u+1])
		if err != nil || !slices.Equal(one[0].Items, all[u].Items) || !slices.Equal(one[0].Scores, all[u].Scores) {
			t.Fatalf("user %d alone has another answer, or error %v", u, err)
		}
	}
}

func TestWhatCannotBeRankedIsNamed(t *testing.T) {
	r := sums(1)
	if _, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{K: 1, History: []int32{items}}}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("an item out of range: error %v", err)
	}
	r.Items.Data[3] = float32(math.NaN())
	if _, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: 8, K: 1, History: []int32{2}}}); !errors.Is(err, contract.ErrNonFinite) {
		t.Errorf("a NaN: error %v", err)
	}
}
