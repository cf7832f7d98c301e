package main

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval/evaltest"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baselinetest"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// fitted takes histories in their order, and further chunks.
func fitted(t *testing.T, params string, histories [][]int32, items int, beside ...*contract.TrainChunk) *SLIST {
	t.Helper()
	s, chunk := New(), &contract.TrainChunk{}
	if _, err := s.Configure(t.Context(), []byte(params)); err != nil {
		t.Fatal(err)
	}
	for u, h := range histories {
		for _, item := range h {
			chunk.Users, chunk.Items = append(chunk.Users, int32(u)), append(chunk.Items, item)
		}
	}
	if err := s.Fit(t.Context(), contract.FitSpec{Users: len(histories), Items: items}, streamed(append(beside, chunk)), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func streamed(chunks []*contract.TrainChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for _, chunk := range chunks {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

func scores(t *testing.T, s *SLIST, history []int32) []float64 {
	t.Helper()
	m, err := s.Model("Rank")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Rank(t.Context(), contract.RankSpec{}, []contract.Query{{User: contract.NoUser, History: history, K: int32(m.Items)}})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, m.Items)
	for at, item := range got[0].Items {
		out[item] = float64(got[0].Scores[at])
	}
	return out
}

// Two histories (0, 1) and one (0, 2): the beginnings are three times item 0, after
// which 1 comes twice and 2 once. With lambda 1, B_01 = 2/(3+1) and B_02 = 1/(3+1).
func TestTransitionsWorkedByHand(t *testing.T) {
	s := fitted(t, `{"lambda": 1, "alpha": 0, "order": "history"}`, [][]int32{{0, 1}, {0, 1}, {0, 2}}, 3)
	for item, want := range []float64{0, 2. / 4, 1. / 4} {
		if got := scores(t, s, []int32{0})[item]; math.Abs(got-want) > 1e-7 {
			t.Errorf("item %d after item 0: %v, want %v", item, got, want)
		}
		// Item 0 has come one item earlier and weighs 1/e; nothing has ever come after item 2.
		if got := scores(t, s, []int32{0, 2})[item]; math.Abs(got-want/math.E) > 1e-7 {
			t.Errorf("item %d after items 0 and 2: %v, want %v", item, got, want/math.E)
		}
	}
}

// Nobody has more than one item, so that there are no transitions. With alpha 0 B is
// pull / lambda times the cosines: 1 between items 0 and 1, 0 for all others.
func TestThePriorIsAllThatIsKnownOfItemsWithoutTransitions(t *testing.T) {
	same := baselinetest.Dense([][]float32{{1, 0}, {3, 0}, {0, 2}})
	s := fitted(t, `{"lambda": 4, "pull": 3, "alpha": 0, "order": "history"}`, [][]int32{{0}, {1}}, 3, baselinetest.Features(same)...)
	for item, want := range []float64{0, .75, 0} {
		if got := scores(t, s, []int32{0})[item]; math.Abs(got-want) > 1e-7 {
			t.Errorf("item %d after item 0: %v, want %v", item, got, want)
		}
	}
}

func TestFeaturesAndPullNeedEachOther(t *testing.T) {
	words := baselinetest.Features(baselinetest.Dense([][]float32{{1}, {1}}))
	for want, c := range map[string]struct {
		params string
		beside []*contract.TrainChunk
	}{
		"no features of items":       {`{"pull": 1, "order": "history"}`, nil},
		"features have no effect":    {`{"order": "history"}`, words},
		"2 shares for 1 feature mat": {`{"pull": 1, "shares": [1, 2], "order": "history"}`, words},
	} {
		s := New()
		if _, err := s.Configure(t.Context(), []byte(c.params)); err != nil {
			t.Fatal(err)
		}
		history := &contract.TrainChunk{Users: []int32{0, 0}, Items: []int32{0, 1}}
		err := s.Fit(t.Context(), contract.FitSpec{Users: 1, Items: 2}, streamed(append(c.beside, history)), nil)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", want, err)
		}
	}
}

func TestScoresEqualNumPy(t *testing.T) {
	var f struct {
		Items         int
		Histories     [][]int32
		Sparse, Dense [][]float32
		Cases         []struct {
			Params map[string]any
			Scores [][]float64
		}
	}
	evaltest.ReadFixture(t, &f)
	for _, c := range f.Cases {
		c.Params["order"] = "history"
		params, err := json.Marshal(c.Params)
		if err != nil {
			t.Fatal(err)
		}
		var beside []*contract.TrainChunk
		if c.Params["pull"] != nil {
			beside = baselinetest.Features(baselinetest.Sparse(f.Sparse), baselinetest.Dense(f.Dense))
		}
		s := fitted(t, string(params), f.Histories, f.Items, beside...)
		for u, h := range f.Histories {
			for item, got := range scores(t, s, h) {
				if want := c.Scores[u][item]; math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
					t.Fatalf("%s, user %d, item %d: %v, want %v", params, u, item, got, want)
				}
			}
		}
	}
}

func TestGoldenNumbersOfLeaveOneOut(t *testing.T) {
	split := evaltest.LeaveOneOut(t, "LastFM.txt")
	s := New()
	evaltest.Fit(t, s, `{"order": "history", "lambda": 100, "alpha": 0.5, "decay": 5, "recency": 20}`, split)
	evaltest.CheckGolden(t, s, split, evaltest.LeaveOneOutRow(.0550, .0381, .0908, .0497, .1330, .0604))
}

func TestWhatTheDataCannotGiveIsNamed(t *testing.T) {
	split := evaltest.SplitOf([][]int{{1, 1}, {0, 1}})
	s := New()
	if _, err := s.Configure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	err := s.Fit(t.Context(), contract.FitSpec{Users: 2, Items: 2}, evaltest.Train(split.Training.Interactions, 9), nil)
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "order: time needs times") {
		t.Errorf("no times: error %v", err)
	}
	x := &linalg.CSR{Cols: 10_000_000, Ptr: []int{0}}
	if _, err := solve(t.Context(), x, nil, baseline.Work[Params]{Params: Params{Lambda: 1}, Threads: 1}); !errors.Is(err, contract.ErrOutOfMemory) {
		t.Errorf("ten million items: error %v", err)
	}
	for _, params := range []string{`{"lambda": 0}`, `{"alpha": 2}`, `{"decay": 0}`, `{"order": "random"}`, `{"pull": -1}`, `{"shares": [1]}`} {
		if _, err := New().Configure(t.Context(), []byte(params)); !errors.Is(err, contract.ErrInvalid) {
			t.Errorf("%s: error %v", params, err)
		}
	}
}
