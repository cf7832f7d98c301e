package conformance

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// Recommender checks that a recommender keeps the promises of
// contract.Recommender, and of every capability that it has. fresh gives a
// plugin that is not configured, in a process of its own where there are processes.
func Recommender(t T, fresh func(TB) contract.Recommender, check contract.Check) {
	check.Tolerance = cmp.Or(check.Tolerance, 1e-5)
	check.Epochs = cmp.Or(check.Epochs, 10)
	pluginSuite(t, contract.KindRecommender, check.Params, fresh)
	s := &recommenderSuite{o: check, set: TrainingSet(), info: info(t, fresh(t)), fresh: func(t TB) contract.Recommender {
		r := fresh(t)
		configure(t, r, check.Params)
		return r
	}}
	s.interfaces(t)
	s.ready = s.trained(t)
	tests := s.tests()
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, tests[name])
	}
}

type recommenderSuite struct {
	o     contract.Check
	set   *contract.TrainChunk
	info  contract.Info
	fresh func(TB) contract.Recommender // a new process, where the suite runs across one
	ready contract.Recommender          // trained; tests only ask it
}

func (s *recommenderSuite) tests() map[string]func(T) {
	return map[string]func(T){
		"Rank before training is out of order":                           s.rankBeforeTraining,
		"rankings are valid for every number of items":                   s.validRankings,
		"a ranking does not depend on the queries beside it":             s.batches,
		"a wrong query is invalid":                                       s.wrongQueries,
		"items that change places with the tie rule have equal scores":   s.ties,
		"two runs give the same bytes":                                   s.runs,
		"threads change nothing":                                         s.threads,
		"the method learns two tastes":                                   s.learns,
		"a second training forgets the first":                            s.again,
		"a second Configure forgets what was trained":                    s.configuredAgain,
		"an error of the training data comes back and a later run works": s.dataError,
		"a training row out of range is refused":                         s.outOfRange,
		"cancelled training returns soon":                                s.cancelled,
		"what comes beside interactions is taken where it is asked for":  s.beside,
		"epochs come in order, or the plugin has none":                   s.epochOrder,
		"a saved state ranks the same bytes in another process":          s.state,
		"a state that is missing or damaged is named":                    s.badStates,
		"a history without a user is ranked, or refused":                 s.foldIn,
		"vectors ascend, one for each index, or there are none":          s.vectors,
		"a user who is left out leaves no trace":                         s.leaveOut,
	}
}

// interfaces are those that the capabilities speak of; the client of a process has
// them all.
func (s *recommenderSuite) interfaces(t T) {
	r := s.fresh(t)
	_, epochs := r.(contract.EpochTrainer)
	_, state := r.(contract.Stateful)
	_, vectors := r.(contract.VectorSource)
	_, leavesOut := r.(contract.LeavesOut)
	for capability, there := range map[contract.Capability]bool{
		contract.CapabilityEpochs: epochs, contract.CapabilityState: state, contract.CapabilityVectors: vectors,
		contract.CapabilityLeaveOut: leavesOut,
	} {
		if s.info.Can(capability) && !there {
			t.Fatalf("%T has the capability %q without its methods", r, capability)
		}
	}
}

func (s *recommenderSuite) spec(threads int) contract.FitSpec {
	return contract.FitSpec{Users: SuiteUsers, Items: SuiteItems, Seed: 11, Resources: contract.Resources{Threads: threads}}
}

// take hands training data over: to Fit, or to Begin of a recommender that learns
// in epochs.
func (s *recommenderSuite) take(ctx context.Context, r contract.Recommender, spec contract.FitSpec, train contract.Train) error {
	if s.info.Can(contract.CapabilityEpochs) {
		return r.(contract.EpochTrainer).Begin(ctx, spec, train)
	}
	return r.Fit(ctx, spec, train, nil)
}

// train takes the training data and goes through the epochs, if there are any.
func (s *recommenderSuite) train(t TB, r contract.Recommender, spec contract.FitSpec, set *contract.TrainChunk) {
	t.Helper()
	if err := s.take(t.Context(), r, spec, s.stream(set)); err != nil {
		t.Fatal(err)
	}
	if s.info.Can(contract.CapabilityEpochs) {
		for n := range s.o.Epochs {
			mustEpoch(t, r, n+1)
		}
	}
}

func (s *recommenderSuite) trained(t TB) contract.Recommender {
	t.Helper()
	r := s.fresh(t)
	s.train(t, r, s.spec(1), s.set)
	return r
}

func (s *recommenderSuite) rank(t TB, r contract.Recommender, queries []contract.Query) []contract.Ranking {
	t.Helper()
	return s.rankUnder(t, r, queries, contract.Ties{Rule: contract.TiesHashed, Seed: 3})
}

func (s *recommenderSuite) rankUnder(t TB, r contract.Recommender, queries []contract.Query, ties contract.Ties) []contract.Ranking {
	t.Helper()
	rankings, err := r.Rank(t.Context(), contract.RankSpec{Ties: ties}, queries)
	if err != nil {
		t.Fatal(err)
	}
	checkRankings(t, rankings, queries, SuiteItems)
	return rankings
}

func checkRankings(t TB, rankings []contract.Ranking, queries []contract.Query, items int) {
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
func same(t TB, what string, full, other []contract.Ranking, tolerance float64) {
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

// sameBytes compares rankings bit by bit.
func sameBytes(t TB, what string, a, b []contract.Ranking) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%s: %d and %d rankings", what, len(a), len(b))
	}
	for i := range a {
		if !slices.Equal(a[i].Items, b[i].Items) || !slices.EqualFunc(a[i].Scores, b[i].Scores, func(x, y float32) bool {
			return math.Float32bits(x) == math.Float32bits(y)
		}) {
			t.Fatalf("%s: ranking %d differs:\n%v %v\n%v %v", what, i, a[i].Items, a[i].Scores, b[i].Items, b[i].Scores)
		}
	}
}

// Unseen are the items that are not in a history, in their order.
func Unseen(items, history []int32) []int32 {
	return slices.DeleteFunc(slices.Clone(items), func(item int32) bool { return slices.Contains(history, item) })
}
