package data

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

func TestKendallsTauIsThatOfSciPy(t *testing.T) {
	for i, c := range readPeers(t).Taus {
		tau, ok := KendallTau(c.X, c.Y)
		if ok != (c.Tau != nil) || ok && math.Abs(tau-*c.Tau) > 1e-12 {
			t.Errorf("case %d of %d pairs: %v, %v", i, len(c.X), tau, ok)
		}
	}
}

func TestThePopularityOfTrainingIsComparedWithThatOfAll(t *testing.T) {
	even := mustLoad(t, dataset(random(1, 30, 20, 600), true), Options{Split: SplitSpec{Method: MethodRatio, By: ByAll, Test: 0.1}})
	drifting := random(1, 30, 20, 600)
	for i := range drifting {
		if i > 300 {
			drifting[i].item = "new" + drifting[i].item
		}
	}
	late := mustLoad(t, dataset(drifting, true), Options{Split: SplitSpec{Method: MethodTemporal, Test: 0.4}})
	if a, b := *even.Audit.PopularityTau, *late.Audit.PopularityTau; a < 0.7 || b > 0.5 || a > 1 {
		t.Errorf("tau is %v for an even split, %v where new items come up", a, b)
	}
}

func TestTheAuditFindsIDsThatArePerhapsTheSame(t *testing.T) {
	for _, c := range []struct {
		ids    []string
		groups int
		first  []string
	}{
		{[]string{"a", "b", "a b", "é", "日本"}, 0, nil},
		{[]string{"caf\u00e9", "cafe\u0301", "tea"}, 1, []string{"caf\u00e9", "cafe\u0301"}},
		{[]string{"x", " x", "x ", "y z", "y  z", "q"}, 2, []string{"x", " x"}},
		{[]string{" w", "w\t"}, 1, []string{"w\t", " w"}},
	} {
		found := similarIDs(contract.EntityItem, NewVocabulary(c.ids))
		switch {
		case c.groups == 0 && found != nil, c.groups > 0 && (len(found) != 1 || found[0].Groups != c.groups):
			t.Errorf("%q: found %+v", c.ids, found)
		case c.groups > 0 && !slices.Equal(slices.Sorted(slices.Values(found[0].Examples[0])), slices.Sorted(slices.Values(c.first))):
			t.Errorf("%q: examples %q, want %q", c.ids, found[0].Examples, c.first)
		}
	}
}

func TestTheAuditCountsEqualTimesAndItemsThatOnlyTextsKnow(t *testing.T) {
	rows := []row{{"a", "x", 1, 1}, {"a", "y", 1, 1}, {"a", "z", 1, 2}, {"b", "x", 1, 1}, {"b", "new", 1, 9}, {"a", "other", 1, 9}}
	s := mustLoad(t, reviewed(rows, true), Options{Split: SplitSpec{Method: MethodTemporal, TestFrom: "9"}, Texts: true})
	if a := s.Audit; a.EqualTimes != 2 || a.ColdTestItems != 2 || a.TextOnlyTestItems != 2 {
		t.Errorf("%d equal times, %d cold items, %d known by texts", a.EqualTimes, a.ColdTestItems, a.TextOnlyTestItems)
	}
}

// BenchmarkKendallTau compares the counts of a million items. Floor: one sort of them.
func BenchmarkKendallTau(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, y := make([]int, 1_000_000), make([]int, 1_000_000)
	for i := range x {
		x[i] = int(1e4 / (1 + 1e4*rng.Float64()))
		y[i] = x[i] + rng.IntN(3)
	}
	start, sorted := time.Now(), slices.Clone(y)
	slices.Sort(sorted)
	floor := time.Since(start)
	for b.Loop() {
		KendallTau(x, y)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/floor.Seconds(), "x-floor")
}
