package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// matrix makes interactions from one history per user.
func matrix(items int, rows ...[]int32) *data.Interactions {
	x := &data.Interactions{Users: len(rows), Items: items, Ptr: []int{0}}
	for _, row := range rows {
		x.Item = append(x.Item, row...)
		x.Ptr = append(x.Ptr, len(x.Item))
	}
	return x
}

func newSplit(train, validation, test *data.Interactions) *data.Split {
	return &data.Split{
		Name: "test", Users: numbered("u", train.Users), Items: numbered("i", train.Items),
		Training: data.Training{Interactions: train}, Validation: validation, Test: test,
	}
}

func numbered(prefix string, n int) *data.Vocabulary {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%06d", prefix, i)
	}
	return data.NewVocabulary(ids)
}

// scores ranks by a fixed row of scores per user.
type scores struct {
	rows  [][]float64
	spoil func(user int32, r *contract.Ranking)
	calls atomic.Int32
	seen  [][]contract.Query
}

func (s *scores) Rank(_ context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if s.calls.Add(1) > 1 {
		return nil, errors.New("two calls at once")
	}
	defer s.calls.Add(-1)
	s.seen = append(s.seen, queries)
	out := make([]contract.Ranking, len(queries))
	for i, q := range queries {
		r, err := contract.TopK(s.rows[q.User], int(q.K), spec.Ties)
		if err != nil {
			return nil, err
		}
		if s.spoil != nil {
			s.spoil(q.User, &r)
		}
		out[i] = r
	}
	return out, nil
}

// Four users over six items; all scores fall with the index.
func handSplit() (*data.Split, *scores) {
	train := matrix(6, []int32{0, 1}, []int32{3}, nil, []int32{2, 0})
	validation := matrix(6, []int32{2}, []int32{0}, []int32{5}, nil)
	test := matrix(6, []int32{4}, nil, []int32{1, 5}, []int32{1, 4, 5})
	row := []float64{6, 5, 4, 3, 2, 1}
	return newSplit(train, validation, test), &scores{rows: [][]float64{row, row, row, row}}
}

func TestEvaluateDropsMaskedItems(t *testing.T) {
	split, ranker := handSplit()
	for _, c := range []struct {
		part   contract.Part
		mask   Rule
		users  []int32
		recall []float64 // at 2
		mrr    []float64 // at 3
	}{
		// After masking, user 0 sees 2 3 4 5, user 2 all, user 3 sees 1 3 4 5.
		{contract.PartTest, RuleTrain, []int32{0, 2, 3}, []float64{0, 0.5, 1.0 / 3}, []float64{1.0 / 3, 0.5, 1}},
		// Now user 0 sees 3 4 5 and user 2 loses item 5, which was relevant.
		{contract.PartTest, RuleTrainValidation, []int32{0, 2, 3}, []float64{1, 0.5, 1.0 / 3}, []float64{0.5, 0.5, 1}},
		// Validation masks train only, whatever was asked for.
		{contract.PartValidation, RuleTrainValidation, []int32{0, 1, 2}, []float64{1, 1, 0}, []float64{1, 1, 0}},
	} {
		o := Options{Metrics: []Metric{metric(t, "recall@2"), metric(t, "mrr@3")}, Mask: c.mask}
		r, err := Evaluate(t.Context(), ranker, split, c.part, o)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Users, c.users) || r.Skipped != 1 {
			t.Errorf("%s %s: users %v, skipped %d", c.part, c.mask, r.Users, r.Skipped)
		}
		if !slices.Equal(r.PerUser["recall@2"], c.recall) || !slices.Equal(r.PerUser["mrr@3"], c.mrr) {
			t.Errorf("%s %s: %v, want %v and %v", c.part, c.mask, r.PerUser, c.recall, c.mrr)
		}
	}
}

func TestQueriesAskForDepthPlusMaskedAndCarryTrainingOnly(t *testing.T) {
	split, ranker := handSplit()
	o := Options{Metrics: []Metric{metric(t, "hit@2")}, Mask: RuleTrainValidation}
	if _, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o); err != nil {
		t.Fatal(err)
	}
	want := []contract.Query{{User: 0, History: []int32{0, 1}, K: 5}, {User: 2, History: []int32{}, K: 3}, {User: 3, History: []int32{2, 0}, K: 4}}
	if !reflect.DeepEqual(ranker.seen[0], want) {
		t.Errorf("queries %v, want %v", ranker.seen[0], want)
	}
	ranker.seen, o.History = nil, RuleTrainValidation
	if _, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o); err != nil {
		t.Fatal(err)
	}
	if got := ranker.seen[0][0].History; !slices.Equal(got, []int32{0, 1, 2}) {
		t.Errorf("history with validation is %v", got)
	}
}

func TestDepthBeyondTheItemsAsksForAllItems(t *testing.T) {
	split, ranker := handSplit()
	r, err := Evaluate(t.Context(), ranker, split, contract.PartTest, Options{Metrics: []Metric{metric(t, "recall@1000000000")}})
	if err != nil {
		t.Fatal(err)
	}
	if mean, ok := r.Mean("recall@1000000000"); !ok || mean != 1 {
		t.Errorf("recall over all items is %v", mean)
	}
}

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x6576616c)) }

func randomSplit(rng interface{ IntN(int) int }, users, items int) (*data.Split, *scores) {
	parts := [3][][]int32{}
	rows := make([][]float64, users)
	for u := range users {
		rows[u] = make([]float64, items)
		var own [3][]int32
		for i := range items {
			rows[u][i] = float64(rng.IntN(9))
			if p := rng.IntN(20); p < 3 {
				own[p] = append(own[p], int32(i))
			}
		}
		for p := range own {
			parts[p] = append(parts[p], own[p])
		}
	}
	return newSplit(matrix(items, parts[0]...), matrix(items, parts[1]...), matrix(items, parts[2]...)), &scores{rows: rows}
}

func TestResultsDoNotDependOnBatchOrThreads(t *testing.T) {
	split, ranker := randomSplit(generator(4), 101, 50)
	o := Options{Metrics: []Metric{metric(t, "ndcg@10"), metric(t, "recall_min@3")}, Ties: contract.Ties{Seed: 3}}
	var first *Result
	for _, batch := range []int{0, 1, 7, 100, 101, 1000} {
		for _, threads := range []int{0, 1, 2, 5} {
			o.Batch, o.Threads = batch, threads
			r, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o)
			if err != nil {
				t.Fatal(err)
			}
			if r.RankTime = 0; first == nil {
				first = r
			}
			if !maps.EqualFunc(r.PerUser, first.PerUser, slices.Equal) || !slices.Equal(r.Users, first.Users) {
				t.Errorf("batch %d, threads %d: another result", batch, threads)
			}
		}
	}
}

func TestBrokenAnswersNameTheFirstUser(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		spoil func(r *contract.Ranking)
		says  string
	}{
		"short":  {func(r *contract.Ranking) { r.Items = r.Items[:1] }, "expected"},
		"NaN":    {func(r *contract.Ranking) { r.Scores[1] = nan }, "NaN"},
		"twice":  {func(r *contract.Ranking) { r.Items[1] = r.Items[0] }, "twice"},
		"beyond": {func(r *contract.Ranking) { r.Items[0] = 50 }, "outside 0..49"},
		"rising": {func(r *contract.Ranking) { r.Scores[1] = r.Scores[0] + 1 }, "rises"},
	} {
		for _, batch := range []int{1, 16, 256} {
			split, ranker := randomSplit(generator(4), 101, 50)
			ranker.spoil = func(user int32, r *contract.Ranking) {
				if user == 40 || user >= 70 {
					c.spoil(r)
				}
			}
			_, err := Evaluate(t.Context(), ranker, split, contract.PartTest, Options{Metrics: []Metric{metric(t, "ndcg@10")}, Batch: batch, Threads: 4})
			if err == nil || !strings.Contains(err.Error(), "u000040") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s, batch %d: error %v", name, batch, err)
			}
			if name == "NaN" && !errors.Is(err, contract.ErrNonFinite) {
				t.Errorf("a NaN score is not an ErrNonFinite: %v", err)
			}
		}
	}
}

// failing fails in its second call, or answers too few queries.
type failing struct {
	scores
	call  int
	short bool
}

func (f *failing) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if f.call++; f.call < 2 {
		return f.scores.Rank(ctx, spec, queries)
	}
	if f.short {
		return nil, nil
	}
	return nil, contract.Errorf(contract.ErrDied, "the plugin is gone")
}

func TestErrorsOfTheRankerKeepTheirIdentity(t *testing.T) {
	split, ranker := randomSplit(generator(4), 101, 50)
	o := Options{Metrics: []Metric{metric(t, "hr@5")}, Batch: 30}
	_, err := Evaluate(t.Context(), &failing{scores: scores{rows: ranker.rows}}, split, contract.PartTest, o)
	if !errors.Is(err, contract.ErrDied) || !strings.Contains(err.Error(), "rank users 31 to 60") {
		t.Errorf("error %v", err)
	}
	_, err = Evaluate(t.Context(), &failing{scores: scores{rows: ranker.rows}, short: true}, split, contract.PartTest, o)
	if err == nil || contract.IsBadInput(err) || !strings.Contains(err.Error(), "0 rankings came back for 30 queries") {
		t.Errorf("error %v", err)
	}
}

func TestEvaluateStopsWhenTheContextEnds(t *testing.T) {
	split, ranker := randomSplit(generator(4), 101, 50)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	ranker.spoil = func(int32, *contract.Ranking) {
		if calls++; calls == 20 {
			cancel()
		}
	}
	_, err := Evaluate(ctx, ranker, split, contract.PartTest, Options{Metrics: []Metric{metric(t, "hr@5")}, Batch: 10})
	if !errors.Is(err, context.Canceled) || calls > 20 {
		t.Errorf("error %v after %d queries", err, calls)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	split, ranker := handSplit()
	good := Options{Metrics: []Metric{metric(t, "hr@5")}}
	for says, spoil := range map[string]func(*Options, *contract.Part, *data.Split){
		"no metric":                     func(o *Options, _ *contract.Part, _ *data.Split) { o.Metrics = nil },
		"not made by ParseMetric":       func(o *Options, _ *contract.Part, _ *data.Split) { o.Metrics = make([]Metric, 1) },
		"did you mean train?":           func(o *Options, _ *contract.Part, _ *data.Split) { o.Mask = "trian" },
		`unknown history`:               func(o *Options, _ *contract.Part, _ *data.Split) { o.History = "none" },
		`unknown candidates "sampled"`:  func(o *Options, _ *contract.Part, _ *data.Split) { o.Candidates = "sampled" },
		"did you mean hashed?":          func(o *Options, _ *contract.Part, _ *data.Split) { o.Ties.Rule = "hash" },
		"unknown part":                  func(_ *Options, p *contract.Part, _ *data.Split) { *p = contract.PartTrain },
		"must not be negative":          func(o *Options, _ *contract.Part, _ *data.Split) { o.Batch = -1 },
		"has no test part":              func(_ *Options, _ *contract.Part, s *data.Split) { s.Test = nil },
		`no user of "test" has an item`: func(_ *Options, _ *contract.Part, s *data.Split) { s.Test = matrix(6, nil, nil, nil, nil) },
	} {
		o, part, s := good, contract.PartTest, *split
		spoil(&o, &part, &s)
		_, err := Evaluate(t.Context(), ranker, &s, part, o)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestProgressReachesTheLastUser(t *testing.T) {
	split, ranker := handSplit()
	var seen []int64
	o := Options{Metrics: []Metric{metric(t, "hr@5")}, Batch: 2, OnProgress: func(p contract.Progress) { seen = append(seen, p.Done, p.Total) }}
	if _, err := Evaluate(t.Context(), ranker, split, contract.PartTest, o); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int64{2, 3, 3, 3}) {
		t.Errorf("progress %v", seen)
	}
}

func TestValidationItemsAreHistoryAtTestOnlyWhenThePlanSaysSo(t *testing.T) {
	for _, c := range []struct {
		part          contract.Part
		history, mask Rule
		carries       bool
	}{
		{contract.PartTest, "", RuleTrain, false},
		{contract.PartTest, RuleTrain, RuleTrainValidation, false}, // masked, but not told
		{contract.PartTest, RuleTrainValidation, RuleTrain, true},
		{contract.PartValidation, RuleTrainValidation, RuleTrainValidation, false}, // that would tell the answer
	} {
		split, ranker := randomSplit(generator(4), 101, 50)
		o := Options{Metrics: []Metric{metric(t, "hr@5")}, History: c.history, Mask: c.mask}
		if _, err := Evaluate(t.Context(), ranker, split, c.part, o); err != nil {
			t.Fatal(err)
		}
		for _, queries := range ranker.seen {
			for _, q := range queries {
				want := slices.Clone(split.Training.Interactions.Row(int(q.User)))
				if c.carries {
					want = append(want, split.Validation.Row(int(q.User))...)
				}
				if !slices.Equal(q.History, want) {
					t.Fatalf("%s, history %q, mask %q: user %d has the history %v, expected %v", c.part, c.history, c.mask, q.User, q.History, want)
				}
			}
		}
	}
}
