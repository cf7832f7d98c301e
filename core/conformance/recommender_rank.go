package conformance

import (
	"math"

	"cllm4rec/core/contract"
)

func (s *recommenderSuite) rankBeforeTraining(t T) {
	_, err := s.fresh(t).Rank(t.Context(), contract.RankSpec{}, QueriesOf(s.set, 3))
	mustBe(t, err, contract.ErrOrder, "")
}

func (s *recommenderSuite) validRankings(t T) {
	r := s.ready
	full := s.rank(t, r, QueriesOf(s.set, SuiteItems))
	for _, k := range []int32{1, 7} {
		same(t, "a shorter ranking", full, s.rank(t, r, QueriesOf(s.set, k)), s.o.Tolerance)
	}
	if got := s.rank(t, r, nil); len(got) != 0 {
		t.Errorf("no queries have %d rankings", len(got))
	}
}

func (s *recommenderSuite) batches(t T) {
	r := s.ready
	same(t, "alone and together", s.rank(t, r, QueriesOf(s.set, SuiteItems)), s.oneByOne(t, r, QueriesOf(s.set, SuiteItems)), s.o.Tolerance)
}

// oneByOne asks each query alone, the last one first.
func (s *recommenderSuite) oneByOne(t T, r contract.Recommender, queries []contract.Query) []contract.Ranking {
	t.Helper()
	alone := make([]contract.Ranking, len(queries))
	for i := len(queries) - 1; i >= 0; i-- {
		alone[i] = s.rank(t, r, queries[i:i+1])[0]
	}
	return alone
}

func (s *recommenderSuite) wrongQueries(t T) {
	r := s.ready
	for what, q := range map[string]contract.Query{
		"a history with an item beyond the last": {User: 0, K: 3, History: []int32{1, SuiteItems}},
		"a history with the item -1":             {User: 0, K: 3, History: []int32{-1}},
		"no items":                               {User: 0},
	} {
		if _, err := r.Rank(t.Context(), contract.RankSpec{}, []contract.Query{q}); !contract.IsBadInput(err) {
			t.Errorf("%s: error %v, want an ErrInvalid", what, err)
		}
	}
}

// ties: two items may stand in another order under another rule or seed only
// because their scores are equal, and their order is then that of the keys. Scores
// that are equal as they travel may differ in the precision of the plugin, so not
// every equal pair has to move; but where there are many, some must.
func (s *recommenderSuite) ties(t T) {
	queries, pairs, moved := QueriesOf(s.set, SuiteItems), 0, 0
	first := s.rankUnder(t, s.ready, queries, contract.Ties{Rule: contract.TiesIndex})
	for seed := range uint64(3) {
		ties := contract.Ties{Rule: contract.TiesHashed, Seed: seed}
		other := s.rankUnder(t, s.ready, queries, ties)
		for i := range first {
			for at, score := range other[i].Scores {
				if math.Float32bits(score) != math.Float32bits(first[i].Scores[at]) {
					t.Fatalf("ranking %d has score %v at position %d under %+v and %v by index", i, score, at, ties, first[i].Scores[at])
				}
				if at > 0 && score == other[i].Scores[at-1] {
					pairs++
				}
			}
			moved += movedPairs(t, first[i], other[i], ties)
		}
	}
	if pairs >= 30 && moved == 0 {
		t.Errorf("none of %d pairs of equal scores changes places with the tie rule and its seed", pairs)
	}
}

// movedPairs counts the pairs of items that stand in another order than by index, and
// holds each against the keys.
func movedPairs(t T, index, hashed contract.Ranking, ties contract.Ties) (moved int) {
	t.Helper()
	place := make([]int, len(index.Items))
	for at, item := range index.Items {
		place[item] = at
	}
	for at, b := range hashed.Items {
		for before, a := range hashed.Items[:at] {
			if place[a] < place[b] {
				continue
			}
			moved++
			if a < b || hashed.Scores[before] != hashed.Scores[at] || ties.Key(a) > ties.Key(b) {
				t.Fatalf("item %d with score %v stands before item %d with score %v under %+v, and behind it by index",
					a, hashed.Scores[before], b, hashed.Scores[at], ties)
			}
		}
	}
	return moved
}

// foldIn: a history without a user gets a ranking of its own, whatever is asked
// beside it; a plugin without the capability refuses.
func (s *recommenderSuite) foldIn(t T) {
	r, queries := s.ready, QueriesOf(s.set, SuiteItems)
	for i := range queries {
		queries[i].User = contract.NoUser
	}
	if !s.info.Can(contract.CapabilityFoldIn) {
		_, err := r.Rank(t.Context(), contract.RankSpec{}, queries[:1])
		mustBe(t, err, contract.ErrInvalid, "")
		return
	}
	mixed := append(QueriesOf(s.set, SuiteItems), queries...)
	alone := s.oneByOne(t, r, queries)
	same(t, "alone and together", alone, s.rank(t, r, queries), s.o.Tolerance)
	same(t, "alone and beside users", alone, s.rank(t, r, mixed)[len(mixed)-len(queries):], s.o.Tolerance)
}
