package conformance

import (
	"errors"
	"slices"

	"cllm4rec/core/contract"
)

// leaveOut: how a recommender ranks without a user does not depend on what the user had,
// and is how it ranks where the user had nothing.
func (s *recommenderSuite) leaveOut(t T) {
	if !s.info.Can(contract.CapabilityLeaveOut) {
		return // it is never asked, and a plugin in another language need not know of it
	}
	untrained := s.fresh(t).(contract.LeavesOut)
	queries, spec := QueriesOf(s.set, SuiteItems), contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesHashed, Seed: 3}}
	_, err := untrained.RankWithout(t.Context(), spec, queries[:1])
	mustBe(t, err, contract.ErrOrder, "")
	without, err := s.ready.(contract.LeavesOut).RankWithout(t.Context(), spec, queries)
	if errors.Is(err, contract.ErrUnsupported) {
		return // under these parameters
	}
	if err != nil {
		t.Fatal(err)
	}
	checkRankings(t, without, queries, SuiteItems)
	with, last := s.rank(t, s.ready, queries), len(queries)-1
	same(t, "with and without a user who has nothing", with[last:], without[last:], s.o.Tolerance)
	if slices.EqualFunc(with[:last], without[:last], func(a, b contract.Ranking) bool { return slices.Equal(a.Scores, b.Scores) }) {
		t.Error("a ranking without its user is the same as with the user")
	}
	s.leavesNoTrace(t, spec, queries[0], without[0])
	for _, user := range []int32{contract.NoUser, SuiteUsers} {
		_, err := s.ready.(contract.LeavesOut).RankWithout(t.Context(), spec, []contract.Query{{User: user, K: 1}})
		mustBe(t, err, contract.ErrInvalid, "")
	}
}

// leavesNoTrace: the same answer comes where the user had as many other items.
func (s *recommenderSuite) leavesNoTrace(t T, spec contract.RankSpec, q contract.Query, want contract.Ranking) {
	t.Helper()
	other := *s.set
	other.Items = slices.Clone(s.set.Items)
	for at, user := range other.Users {
		if user == q.User {
			other.Items[at] = (s.set.Items[at] + 1) % SuiteItems // distinct, as before
		}
	}
	r := s.fresh(t)
	s.train(t, r, s.spec(1), &other)
	got, err := r.(contract.LeavesOut).RankWithout(t.Context(), spec, []contract.Query{q})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "without a user who had other items", []contract.Ranking{want}, got, s.o.Tolerance)
}
