package contracttest

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// RecommenderOptions fit the suite to a recommender.
type RecommenderOptions struct {
	// Params configure the recommender so that Fit takes a second or so; nil
	// means none.
	Params json.RawMessage
	// Tolerance is how far a score may move, relative to its size, with the
	// queries beside it and from run to run; 0 means 1e-5.
	Tolerance float64
}

// Sizes of the suite's training set.
const (
	suiteUsers = 24
	suiteItems = 30
)

// TrainingSet is a small training set of two tastes, the same for every call:
// even users mostly have even items. The last user has no rows.
func TrainingSet() *contract.TrainChunk {
	rng := rand.New(rand.NewPCG(5, 6))
	c := &contract.TrainChunk{}
	for u := range int32(suiteUsers - 1) {
		taken := map[int32]bool{}
		for range 8 {
			item := rng.Int32N(suiteItems)
			if rng.Float64() < 0.8 {
				item = item/2*2 + u%2
			}
			if taken[item] {
				continue
			}
			taken[item] = true
			c.Users, c.Items = append(c.Users, u), append(c.Items, item)
			c.Values, c.Times = append(c.Values, float32(1+rng.IntN(5))), append(c.Times, int64(len(c.Times)))
		}
	}
	return c
}

// stream cuts a training set into chunks of a few rows.
func stream(c *contract.TrainChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		for lo := 0; lo < len(c.Users); lo += 50 {
			hi := min(lo+50, len(c.Users))
			part := &contract.TrainChunk{Users: c.Users[lo:hi], Items: c.Items[lo:hi], Values: c.Values[lo:hi], Times: c.Times[lo:hi]}
			if !yield(part, nil) {
				return
			}
		}
	}
}

// queriesOf asks for k items of every user.
func queriesOf(c *contract.TrainChunk, k int32) []contract.Query {
	queries := make([]contract.Query, suiteUsers)
	for u := range queries {
		queries[u] = contract.Query{User: int32(u), K: k}
	}
	for i, u := range c.Users {
		queries[u].History = append(queries[u].History, c.Items[i])
	}
	return queries
}

// Recommender checks that a recommender keeps the promises of
// contract.Recommender. fresh makes the plugin that TestMain gave to Main.
func Recommender(t *testing.T, fresh func() contract.Recommender, o RecommenderOptions) {
	if o.Tolerance == 0 {
		o.Tolerance = 1e-5
	}
	bothWays(t, fresh, func(t *testing.T, fresh func(testing.TB) contract.Recommender) {
		pluginSuite(t, contract.KindRecommender, o.Params, fresh)
		s := &recommenderSuite{o: o, set: TrainingSet(), fresh: func(t testing.TB) contract.Recommender {
			r := fresh(t)
			configure(t, r, o.Params)
			return r
		}}
		t.Run("Rank before Fit is out of order", s.rankBeforeFit)
		t.Run("rankings are valid for every number of items", s.validRankings)
		t.Run("a ranking does not depend on the queries beside it", s.batches)
		t.Run("the same seed gives the same rankings", s.deterministic)
		t.Run("a second Fit forgets the first", s.refit)
		t.Run("an error of the training data comes back and a later Fit works", s.dataError)
		t.Run("a cancelled Fit returns soon", s.cancelled)
	})
}

type recommenderSuite struct {
	o     RecommenderOptions
	set   *contract.TrainChunk
	fresh func(testing.TB) contract.Recommender
}

func (s *recommenderSuite) spec() contract.FitSpec {
	return contract.FitSpec{Users: suiteUsers, Items: suiteItems, Seed: 11, Resources: contract.Resources{Threads: 1}}
}

func (s *recommenderSuite) fit(t testing.TB, r contract.Recommender, set *contract.TrainChunk) {
	t.Helper()
	if err := r.Fit(t.Context(), s.spec(), stream(set), nil); err != nil {
		t.Fatal(err)
	}
}

func (s *recommenderSuite) fitted(t testing.TB) contract.Recommender {
	t.Helper()
	r := s.fresh(t)
	s.fit(t, r, s.set)
	return r
}

func (s *recommenderSuite) rank(t testing.TB, r contract.Recommender, queries []contract.Query) []contract.Ranking {
	t.Helper()
	rankings, err := r.Rank(t.Context(), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesHashed, Seed: 3}}, queries)
	if err != nil {
		t.Fatal(err)
	}
	checkRankings(t, rankings, queries, suiteItems)
	return rankings
}

func checkRankings(t testing.TB, rankings []contract.Ranking, queries []contract.Query, items int) {
	t.Helper()
	if len(rankings) != len(queries) {
		t.Fatalf("%d queries have %d rankings", len(queries), len(rankings))
	}
	for i, q := range queries {
		if err := rankings[i].Check(q, items); err != nil {
			t.Fatal(err)
		}
	}
}

// same compares rankings of all items with others, full or shorter, by the
// score at each position and of each item: items whose scores are equal but for
// rounding may change places.
func same(t testing.TB, what string, full, other []contract.Ranking, tolerance float64) {
	t.Helper()
	for i := range full {
		scores := make(map[int32]float32, len(full[i].Items))
		for j, item := range full[i].Items {
			scores[item] = full[i].Scores[j]
		}
		for j, item := range other[i].Items {
			score := other[i].Scores[j]
			if !near(scores[item], score, tolerance) || !near(full[i].Scores[j], score, tolerance) {
				t.Fatalf("%s: ranking %d has item %d with score %v at position %d, the other %v and there %v",
					what, i, item, score, j, scores[item], full[i].Scores[j])
			}
		}
	}
}

func near(a, b float32, tolerance float64) bool {
	x, y := float64(a), float64(b)
	return math.Abs(x-y) <= tolerance*max(1, math.Abs(x))
}

func (s *recommenderSuite) rankBeforeFit(t *testing.T) {
	_, err := s.fresh(t).Rank(t.Context(), contract.RankSpec{}, queriesOf(s.set, 3))
	mustBe(t, err, contract.ErrOrder, "")
}

func (s *recommenderSuite) validRankings(t *testing.T) {
	r := s.fitted(t)
	full := s.rank(t, r, queriesOf(s.set, suiteItems))
	for _, k := range []int32{1, 7} {
		same(t, "a shorter ranking", full, s.rank(t, r, queriesOf(s.set, k)), s.o.Tolerance)
	}
	if got := s.rank(t, r, nil); len(got) != 0 {
		t.Errorf("no queries have %d rankings", len(got))
	}
}

func (s *recommenderSuite) batches(t *testing.T) {
	r, queries := s.fitted(t), queriesOf(s.set, suiteItems)
	together := s.rank(t, r, queries)
	slices.Reverse(queries)
	var alone []contract.Ranking
	for i := range queries {
		alone = append(alone, s.rank(t, r, queries[i:i+1])...)
	}
	slices.Reverse(alone)
	same(t, "alone and together", together, alone, s.o.Tolerance)
}

func (s *recommenderSuite) deterministic(t *testing.T) {
	queries := queriesOf(s.set, suiteItems)
	same(t, "two runs", s.rank(t, s.fitted(t), queries), s.rank(t, s.fitted(t), queries), s.o.Tolerance)
}

func (s *recommenderSuite) refit(t *testing.T) {
	other := TrainingSet()
	for i := range other.Items {
		other.Items[i] = suiteItems - 1 - other.Items[i]
	}
	queries := queriesOf(s.set, suiteItems)
	r := s.fresh(t)
	s.fit(t, r, other)
	s.fit(t, r, s.set)
	same(t, "refitted and fresh", s.rank(t, s.fitted(t), queries), s.rank(t, r, queries), s.o.Tolerance)
}

func (s *recommenderSuite) dataError(t *testing.T) {
	r := s.fresh(t)
	err := r.Fit(t.Context(), s.spec(), func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range stream(s.set) {
			if !yield(c, err) {
				return
			}
		}
		yield(nil, contract.Errorf(contract.ErrBadData, "row 7 is damaged"))
	}, nil)
	mustBe(t, err, contract.ErrBadData, "row 7 is damaged")
	s.fit(t, r, s.set)
	s.rank(t, r, queriesOf(s.set, 3))
}

func (s *recommenderSuite) cancelled(t *testing.T) {
	r := s.fresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := time.Now()
	err := r.Fit(ctx, s.spec(), func(yield func(*contract.TrainChunk, error) bool) {
		for c, err := range stream(s.set) {
			if !yield(c, err) {
				return
			}
		}
		cancel()
		yield(nil, ctx.Err())
	}, nil)
	if !errors.Is(err, context.Canceled) || time.Since(began) > patience {
		t.Errorf("error %v after %s, want context.Canceled", err, time.Since(began))
	}
}

// unseen are the items that are not in a history, in their order.
func unseen(items, history []int32) []int32 {
	return slices.DeleteFunc(slices.Clone(items), func(item int32) bool { return slices.Contains(history, item) })
}
