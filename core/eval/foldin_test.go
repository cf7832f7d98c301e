package eval

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// folding ranks items beside the last one of the history first, and remembers the
// queries.
type folding struct {
	seen  []contract.Query
	spoil bool
}

func (f *folding) Rank(_ context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	f.seen = append(f.seen, queries...)
	var out []contract.Ranking
	for _, q := range queries {
		scores := make([]float64, 6)
		for _, item := range q.History {
			scores[item] = 1
			scores[(item+1)%6] += 0.5
		}
		r, err := contract.TopK(scores, int(q.K), spec.Ties)
		if err != nil {
			return nil, err
		}
		if f.spoil {
			r.Items[0] = 99
		}
		out = append(out, r)
	}
	return out, nil
}

func TestUsersHeldOutWholeAreAskedForByTheirHistoryAlone(t *testing.T) {
	split := newSplit(matrix(6, []int32{0, 1}, nil, nil), matrix(6, nil, []int32{4}, nil), matrix(6, []int32{2}, nil, []int32{3, 5}))
	split.FoldIn = matrix(6, nil, []int32{2, 3}, []int32{4, 2})
	for _, c := range []struct {
		part    contract.Part
		rule    Rule
		queries []contract.Query
		recall  []float64
	}{
		{contract.PartTest, RuleTrain, []contract.Query{{User: 0, History: []int32{0, 1}, K: 3}, {User: contract.NoUser, History: []int32{4, 2}, K: 3}}, []float64{1, .5}},
		{contract.PartTest, RuleTrainValidation, []contract.Query{{User: 0, History: []int32{0, 1}, K: 3}, {User: contract.NoUser, History: []int32{4, 2}, K: 3}}, []float64{1, .5}},
		{contract.PartValidation, RuleTrain, []contract.Query{{User: contract.NoUser, History: []int32{2, 3}, K: 3}}, []float64{1}},
	} {
		f := &folding{}
		r, err := Evaluate(t.Context(), f, split, c.part, Options{Metrics: []Metric{metric(t, "recall@1")}, Mask: c.rule, History: c.rule})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(f.seen, c.queries, func(a, b contract.Query) bool {
			return a.User == b.User && a.K == b.K && slices.Equal(a.History, b.History)
		}) {
			t.Errorf("%s, %s: asked %+v, want %+v", c.part, c.rule, f.seen, c.queries)
		}
		if got := r.PerUser["recall@1"]; !slices.Equal(got, c.recall) {
			t.Errorf("%s, %s: recall %v, want %v", c.part, c.rule, got, c.recall)
		}
	}
	_, err := Evaluate(t.Context(), &folding{spoil: true}, split, contract.PartValidation, Options{Metrics: []Metric{metric(t, "recall@1")}})
	if err == nil || errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "user u000001 on validation") {
		t.Errorf("a wrong answer for a user held out whole: %v", err)
	}
}
