package contracttest

import (
	"math"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

func (s *recommenderSuite) rankBeforeTraining(t *testing.T) {
	_, err := s.fresh(t).Rank(t.Context(), contract.RankSpec{}, queriesOf(s.set, 3))
	mustBe(t, err, contract.ErrOrder, "")
}

func (s *recommenderSuite) validRankings(t *testing.T) {
	r := s.ready
	full := s.rank(t, r, queriesOf(s.set, suiteItems))
	for _, k := range []int32{1, 7} {
		same(t, "a shorter ranking", full, s.rank(t, r, queriesOf(s.set, k)), s.o.Tolerance)
	}
	if got := s.rank(t, r, nil); len(got) != 0 {
		t.Errorf("no queries have %d rankings", len(got))
	}
}

func (s *recommenderSuite) batches(t *testing.T) {
	r := s.ready
	same(t, "alone and together", s.rank(t, r, queriesOf(s.set, suiteItems)), s.oneByOne(t, r, queriesOf(s.set, suiteItems)), s.o.Tolerance)
}

// oneByOne asks each query alone, the last one first.
func (s *recommenderSuite) oneByOne(t *testing.T, r contract.Recommender, queries []contract.Query) []contract.Ranking {
	t.Helper()
	alone := make([]contract.Ranking, len(queries))
	for i := len(queries) - 1; i >= 0; i-- {
		alone[i] = s.rank(t, r, queries[i:i+1])[0]
	}
	return alone
}

func (s *recommenderSuite) wrongQueries(t *testing.T) {
	r := s.ready
	for what, q := range map[string]contract.Query{
		"a history with an item beyond the last": {User: 0, K: 3, History: []int32{1, suiteItems}},
		"a history with the item -1":             {User: 0, K: 3, History: []int32{-1}},
		"no items":                               {User: 0},
	} {
		if _, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{q}); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want an ErrInvalid", what, err)
		}
	}
}

// ties: two items may stand in another order under another rule or seed only
// because their scores are equal, and their order is then that of the keys. Where
// three scores in a row are equal as they travel, it is no accident of rounding.
func (s *recommenderSuite) ties(t *testing.T) {
	r, queries := s.ready, queriesOf(s.set, suiteItems)
	first := s.rankUnder(t, r, queries, contract.Ties{Rule: contract.TiesIndex})
	checkTies(t, first, contract.Ties{Rule: contract.TiesIndex})
	for seed := range uint64(3) {
		ties := contract.Ties{Rule: contract.TiesHashed, Seed: seed}
		other := s.rankUnder(t, r, queries, ties)
		checkTies(t, other, ties)
		for i := range first {
			for at, score := range other[i].Scores {
				if math.Float32bits(score) != math.Float32bits(first[i].Scores[at]) {
					t.Fatalf("ranking %d has score %v at position %d under %+v and %v by index", i, score, at, ties, first[i].Scores[at])
				}
			}
			checkMoved(t, first[i], other[i], ties)
		}
	}
}

// checkTies holds each run of three and more equal scores against the keys.
func checkTies(t *testing.T, rankings []contract.Ranking, ties contract.Ties) {
	t.Helper()
	for i, r := range rankings {
		for at := 2; at < len(r.Items); at++ {
			run := r.Items[at-2 : at+1]
			if r.Scores[at-2] == r.Scores[at] && !slices.IsSortedFunc(run, byKey(ties)) {
				t.Fatalf("ranking %d has the items %v with the score %v, in another order than that of %+v", i, run, r.Scores[at], ties)
			}
		}
	}
}

// checkMoved holds every pair of items that stands in another order than by index.
func checkMoved(t *testing.T, index, hashed contract.Ranking, ties contract.Ties) {
	t.Helper()
	place := make([]int, len(index.Items))
	for at, item := range index.Items {
		place[item] = at
	}
	for at, b := range hashed.Items {
		for before, a := range hashed.Items[:at] {
			if place[a] > place[b] && (hashed.Scores[before] != hashed.Scores[at] || byKey(ties)(a, b) > 0) {
				t.Fatalf("item %d with score %v stands before item %d with score %v under %+v, and behind it by index",
					a, hashed.Scores[before], b, hashed.Scores[at], ties)
			}
		}
	}
}

func byKey(ties contract.Ties) func(a, b int32) int {
	return func(a, b int32) int {
		if ties.Key(a) < ties.Key(b) {
			return -1
		}
		return 1
	}
}

// foldIn: a history without a user gets a ranking of its own, whatever is asked
// beside it; a plugin without the capability refuses.
func (s *recommenderSuite) foldIn(t *testing.T) {
	r, queries := s.ready, queriesOf(s.set, suiteItems)
	for i := range queries {
		queries[i].User = contract.NoUser
	}
	if !s.info.Can(contract.CapabilityFoldIn) {
		_, err := r.Rank(t.Context(), contract.RankSpec{}, queries[:1])
		mustBe(t, err, contract.ErrInvalid, "")
		return
	}
	mixed := append(queriesOf(s.set, suiteItems), queries...)
	alone := s.oneByOne(t, r, queries)
	same(t, "alone and together", alone, s.rank(t, r, queries), s.o.Tolerance)
	same(t, "alone and beside users", alone, s.rank(t, r, mixed)[len(mixed)-len(queries):], s.o.Tolerance)
}
