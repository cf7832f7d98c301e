package conformance

import (
	"context"
	"errors"
	"slices"
	"time"

	"cllm4rec/core/contract"
)

func (s *recommenderSuite) runs(t T) {
	queries := QueriesOf(s.set, SuiteItems)
	sameBytes(t, "two runs", s.rank(t, s.ready, queries), s.rank(t, s.trained(t), queries))
}

func (s *recommenderSuite) threads(t T) {
	queries, two := QueriesOf(s.set, SuiteItems), s.fresh(t)
	s.train(t, two, s.spec(2), s.set)
	sameBytes(t, "one thread and two", s.rank(t, s.ready, queries), s.rank(t, two, queries))
}

func (s *recommenderSuite) again(t T) {
	other := TrainingSet()
	for i := range other.Items {
		other.Items[i] = SuiteItems - 1 - other.Items[i]
	}
	queries, r := QueriesOf(s.set, SuiteItems), s.fresh(t)
	s.train(t, r, s.spec(1), other)
	s.train(t, r, s.spec(1), s.set)
	same(t, "trained again and fresh", s.rank(t, s.ready, queries), s.rank(t, r, queries), s.o.Tolerance)
}

func (s *recommenderSuite) configuredAgain(t T) {
	r := s.trained(t)
	configure(t, r, s.o.Params)
	_, err := r.Rank(t.Context(), contract.RankSpec{}, QueriesOf(s.set, 3))
	mustBe(t, err, contract.ErrOrder, "")
	s.train(t, r, s.spec(1), s.set)
	s.rank(t, r, QueriesOf(s.set, 3))
}

func (s *recommenderSuite) dataError(t T) {
	r := s.fresh(t)
	err := s.take(t.Context(), r, s.spec(1), func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range Stream(s.set) {
			if !yield(c, err) {
				return
			}
		}
		yield(nil, contract.Errorf(contract.ErrBadData, "row 7 is damaged"))
	})
	mustBe(t, err, contract.ErrBadData, "row 7 is damaged")
	s.train(t, r, s.spec(1), s.set)
	s.rank(t, r, QueriesOf(s.set, 3))
}

func (s *recommenderSuite) outOfRange(t T) {
	for what, wrong := range map[string][2]int32{"user": {SuiteUsers, 0}, "item": {SuiteUsers - 1, SuiteItems}, "negative item": {SuiteUsers - 1, -1}} {
		set := TrainingSet()
		last := len(set.Users) - 1
		set.Users[last], set.Items[last] = wrong[0], wrong[1]
		if err := s.take(t.Context(), s.fresh(t), s.spec(1), Stream(set)); !contract.IsBadInput(err) {
			t.Errorf("a wrong %s: error %v, want an ErrBadData", what, err)
		}
	}
}

func (s *recommenderSuite) cancelled(t T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	err := s.take(ctx, s.fresh(t), s.spec(1), func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range Stream(s.set) {
			if !yield(c, err) {
				return
			}
		}
		cancel()
		yield(nil, ctx.Err())
	})
	if !errors.Is(err, context.Canceled) || time.Since(began) > patience {
		t.Errorf("error %v after %s, want context.Canceled", err, time.Since(began))
	}
}

// learns: the items of a user's taste that were held out stand higher than in a
// list by popularity, for each of the two tastes.
func (s *recommenderSuite) learns(t T) {
	set, heldOut := TwoTastes()
	queries, r := QueriesOf(set, SuiteItems), s.fresh(t)
	s.train(t, r, s.spec(1), set)
	got, floor := recallOfTastes(s.rank(t, r, queries), queries, heldOut), recallOfTastes(byPopularity(t, set), queries, heldOut)
	better := got[0] > floor[0]+learnt && got[1] > floor[1]+learnt
	switch {
	case s.o.NotBetterThanPopularity != "" && better:
		t.Errorf("the check says that it need not learn (%s), but its recall of the two tastes is %.2f, that of popularity %.2f", s.o.NotBetterThanPopularity, got, floor)
	case s.o.NotBetterThanPopularity == "" && !better:
		t.Errorf("the recall of held-out items of the two tastes is %.2f, that of popularity %.2f; want %v more", got, floor, learnt)
	}
}

// learnt is what a method must have above the recall of popularity, which is near
// 0.3 where 0.9 is possible.
const learnt = 0.1

// recallOfTastes is the mean share of a user's held-out items among the first six
// that are not in the history, for even users and for odd ones.
func recallOfTastes(rankings []contract.Ranking, queries []contract.Query, heldOut [][]int32) (recall [2]float64) {
	for u, ranking := range rankings {
		for _, item := range Unseen(ranking.Items, queries[u].History)[:6] {
			if slices.Contains(heldOut[u], item) {
				recall[u%2] += 1 / float64(len(heldOut[u])*len(rankings)/2)
			}
		}
	}
	return recall
}

func byPopularity(t T, set *contract.TrainChunk) []contract.Ranking {
	t.Helper()
	counts := make([]float64, SuiteItems)
	for _, item := range set.Items {
		counts[item]++
	}
	all, err := contract.TopK(counts, SuiteItems, contract.Ties{Rule: contract.TiesHashed, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Repeat([]contract.Ranking{all}, SuiteUsers)
}
