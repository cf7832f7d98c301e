package baseline

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func stream(chunks ...*contract.TrainChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for _, c := range chunks {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func TestGatherKeepsRowsAcrossChunksAndEmptyUsers(t *testing.T) {
	d, err := Gather(t.Context(), contract.FitSpec{Users: 5, Items: 4}, stream(
		&contract.TrainChunk{Users: []int32{1, 1}, Items: []int32{3, 0}},
		&contract.TrainChunk{},
		&contract.TrainChunk{Users: []int32{1, 3}, Items: []int32{2, 3}},
		&contract.TrainChunk{Texts: []contract.TrainText{{Text: "beside"}}},
	), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := d.X
	if !slices.Equal(x.Ptr, []int{0, 0, 3, 3, 4, 4}) || !slices.Equal(x.Index, []int32{3, 0, 2, 3}) {
		t.Errorf("got %+v", x)
	}
}

func TestGatherNamesTheDamagedInteraction(t *testing.T) {
	for says, c := range map[string]*contract.TrainChunk{
		"interaction 1: user 5 is outside 0..4":     {Users: []int32{0, 5}, Items: []int32{0, 0}},
		"interaction 0: user -1":                    {Users: []int32{-1}, Items: []int32{0}},
		"interaction 1: item 4 is outside 0..3":     {Users: []int32{0, 1}, Items: []int32{0, 4}},
		"interaction 1: user 0 comes after user 2":  {Users: []int32{2, 0}, Items: []int32{0, 1}},
		"interaction 2: user 0 has item 1 twice":    {Users: []int32{0, 0, 0}, Items: []int32{1, 2, 1}},
		"interactions from 0 on: 2 users and 1 ite": {Users: []int32{0, 0}, Items: []int32{1}},
	} {
		_, err := Gather(t.Context(), contract.FitSpec{Users: 5, Items: 4}, stream(c), nil)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestGatherPassesOnTheErrorOfTheStream(t *testing.T) {
	gone := errors.New("gone")
	_, err := Gather(t.Context(), contract.FitSpec{Users: 5, Items: 4}, func(yield func(*contract.TrainChunk, error) bool) { yield(nil, gone) }, nil)
	if !errors.Is(err, gone) {
		t.Errorf("error %v", err)
	}
	if _, err := Gather(t.Context(), contract.FitSpec{Users: 5}, stream(), nil); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("no items: error %v", err)
	}
}

func TestRankRowsDoesNotDependOnThreadsOrNeighbouringQueries(t *testing.T) {
	score := func(history []int32, row []float64) {
		for _, i := range history {
			for j := range row {
				row[j] += float64((int(i)*7 + j*3) % 11)
			}
		}
	}
	queries := make([]contract.Query, 100)
	for u := range queries {
		queries[u] = contract.Query{User: int32(u), History: []int32{int32(u % 30), int32(u % 7)}, K: int32(1 + u%30)}
	}
	spec := contract.RankSpec{Ties: contract.Ties{Seed: 4}}
	all, err := RankRows(t.Context(), spec, queries, 30, 3, score)
	if err != nil {
		t.Fatal(err)
	}
	for u, q := range queries {
		if err := all[u].Check(q, 30); err != nil {
			t.Error(err)
		}
		one, err := RankRows(t.Context(), spec, queries[u:u+1], 30, 1, score)
		if err != nil || !slices.Equal(one[0].Items, all[u].Items) || !slices.Equal(one[0].Scores, all[u].Scores) {
			t.Errorf("user %d alone: %v, %v", u, one, err)
		}
	}
}

func TestRankRowsRefusesBadQueriesAndScores(t *testing.T) {
	zero := func([]int32, []float64) {}
	for says, q := range map[string]contract.Query{
		"asks for 0 items":           {User: 3},
		"item 9, outside 0..4":       {User: 3, K: 1, History: []int32{0, 9}},
		"user 3 has item -1, outsid": {User: 3, K: 1, History: []int32{-1}},
	} {
		_, err := RankRows(t.Context(), contract.RankSpec{}, []contract.Query{q}, 5, 1, zero)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
	nan := func(_ []int32, row []float64) { row[2] = math.NaN() }
	_, err := RankRows(t.Context(), contract.RankSpec{}, []contract.Query{{User: 3, K: 1}}, 5, 1, nan)
	if !errors.Is(err, contract.ErrNonFinite) || !strings.Contains(err.Error(), "user 3: the score of item 2") {
		t.Errorf("error %v", err)
	}
}
