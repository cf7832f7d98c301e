package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

// twoByHand is byHand with a second method. Item a has 3 training interactions, b one, c
// and d none.
//
//	user  training  held out  list of M  list of N  recall@2 of M and N
//	0     1         a, c      c, a       a, b       1    0.5
//	1     2         b         a, d       b, d       0    1
//	2     0         d         d, b       b, a       1    0
func twoByHand() (*experiment.Plan, records) {
	p, from := byHand()
	p.Methods = append(p.Methods, experiment.MethodPlan{Name: "N"}, experiment.MethodPlan{Name: "Late"})
	p.Trials = append(p.Trials, experiment.Trial{Key: "n", Seed: 1, Method: 1}, experiment.Trial{Key: "late", Seed: 1, Method: 2})
	of := from["k"]
	rec := *of.rec
	rec.Key, rec.Method = "n", "N"
	list := func(items ...int32) contract.Ranking {
		return contract.Ranking{Items: items, Scores: make([]float32, len(items))}
	}
	from["n"] = stored{
		rec: &rec, data: of.data,
		users:    &record.Users{Users: []string{"0", "1", "2"}, Metrics: []string{"recall@2"}, Values: [][]float64{{0.5, 1, 0}}},
		rankings: &eval.Rankings{Users: []int32{0, 1, 2}, Depth: 2, Lists: []contract.Ranking{list(0, 1), list(1, 3), list(1, 0)}},
	}
	return p, from
}

func compared(t *testing.T, o CompareOptions) Comparison {
	t.Helper()
	plan, from := twoByHand()
	c, err := Compare(plan, from, o)
	if err != nil {
		t.Fatal(err)
	}
	return c.Pairs[0]
}

func TestAComparisonWorkedByHand(t *testing.T) {
	c := compared(t, CompareOptions{Methods: []string{"M", "N"}})
	if c.Metric != "recall@2" || c.Users != 3 || math.Abs(float64(c.MeanA)-2.0/3) > 1e-12 || c.MeanB != 0.5 || c.Counts != (stats.Counts{Win: 2, Loss: 1}) {
		t.Errorf("got %+v", c)
	}
	d := []float64{0.5, -1, 1}
	if want := stats.TInterval(d, 0.95); math.Abs(float64(c.Difference.Low)-want.Low) > 1e-9 || c.OverSplits != nil {
		t.Errorf("difference %+v, want %+v", c.Difference, want)
	}
	// |±0.5 ± 1 ± 1| is never below 0.5; the ranks are 1, 2.5 and 2.5.
	if p := []Number{Number(stats.TTest(d).P), 1, 1}; len(c.Tests) != 3 || math.Abs(float64(c.Tests[0].P-p[0])) > 1e-9 || c.Tests[1].P != p[1] || c.Tests[2].P != p[2] || c.Tests[1].Value != 3.5 {
		t.Errorf("tests %+v, want p %v", c.Tests, p)
	}
	if want := (Overlap{HeldOut: 4, Both: 1, OnlyA: 2, OnlyB: 1}); c.Overlap != want {
		t.Errorf("overlap %+v, want %+v", c.Overlap, want)
	}
	if want := []Overlap{{Name: "0", HeldOut: 2, OnlyA: 2}, {Name: "1", HeldOut: 1, OnlyB: 1}, {Name: "above 1", HeldOut: 1, Both: 1}}; !slices.Equal(c.Popularity, want) {
		t.Errorf("by popularity %+v, want %+v", c.Popularity, want)
	}
	for i, want := range []Group{{Name: "0", A: 1, B: 0}, {Name: "1", A: 1, B: 0.5}, {Name: "above 1", A: 0, B: 1}} {
		if g := c.Activity[i]; g.Name != want.Name || g.Users != 1 || g.A != want.A || g.B != want.B || g.P != 1 {
			t.Errorf("group %+v, want %+v", g, want)
		}
	}
	if want := []Change{{"2", 0, 1, 0, 1}, {"0", 1, 1, 0.5, 0.5}}; !slices.Equal(c.Gain, want) {
		t.Errorf("gain %+v", c.Gain)
	}
	if want := []Change{{"1", 2, 0, 1, -1}}; !slices.Equal(c.Lose, want) {
		t.Errorf("lose %+v", c.Lose)
	}
	if want := "M is at 0.6667 where N is at 0.5000 in recall@2: +0.1667 (+33.3%). Of 3 users it is better for 2, equal for 0 and worse for 1."; c.Notes[0] != want {
		t.Errorf("verdict %q", c.Notes[0])
	}
}

func TestASwappedComparisonIsItsMirror(t *testing.T) {
	c, m := compared(t, CompareOptions{Methods: []string{"M", "N"}, Metric: "ndcg@2"}), compared(t, CompareOptions{Methods: []string{"N", "M"}, Metric: "ndcg@2"})
	if c.Difference.Mean != -m.Difference.Mean || c.Win != m.Loss || c.Tests[0].P != m.Tests[0].P || c.Overlap.OnlyA != m.Overlap.OnlyB || len(c.Gain) != len(m.Lose) {
		t.Errorf("%+v\nand the other way round\n%+v", c, m)
	}
}

func TestComparisonsAreWrittenInTextAndJSON(t *testing.T) {
	plan, from := twoByHand()
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"M", "N"}})
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[Format][]string{
		Markdown: {"### Hand: M less N, recall@2", "| difference | 95% interval over users | +0.1667 [", "| above 1 | 1 | 0.0000 | 1.0000 | -1.0000 | 1.0000 | 0 / 0 / 1 |", "| all | 4 | 1 (25.0%) | 2 (50.0%) | 1 (25.0%) | 0 (0.0%) |", "### Hand: users who lose most with M"},
		Terminal: {"Hand: users who gain most with M", "W+, exact"},
		LaTeX:    {`2 (50.0\%)`, `\begin{tabular}{llrr}`},
		JSON:     {`"only_a": 2`, `"ci_low": null`}, // of a group of one user
	} {
		var text bytes.Buffer
		if err := c.Write(&text, format, Screen{}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(text.String(), w) {
				t.Errorf("%s lacks %q:\n%s", format, w, text.String())
			}
		}
		if format == JSON && !json.Valid(text.Bytes()) {
			t.Errorf("not JSON:\n%s", text.String())
		}
	}
	if err := c.Write(&bytes.Buffer{}, CSV, Screen{}); !errors.Is(err, contract.ErrInvalid) {
		t.Errorf("CSV: error %v", err)
	}
}

func TestAllPairsOfThreeMethodsHaveOneFamily(t *testing.T) {
	plan, from := sample()
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"A & co", "B_2", "C|c"}, Dataset: "Music & more"})
	if err != nil {
		t.Fatal(err)
	}
	m := c.Matrices[0]
	var p []float64
	for _, pair := range m.Pairs {
		p = append(p, float64(pair.P))
	}
	for i, want := range stats.Holm(p) {
		if float64(m.Pairs[i].Holm) != want || want < p[i] {
			t.Errorf("pair %+v, want p %v", m.Pairs[i], want)
		}
	}
	ba, ab := m.of("B_2", "A & co"), m.of("A & co", "B_2")
	if len(m.Pairs) != 3 || ba.Difference.Mean != -ab.Difference.Mean || ba.Win != 50 || ab.Loss != 50 {
		t.Errorf("pairs %+v", m.Pairs)
	}
	var text bytes.Buffer
	if err := c.Write(&text, Markdown, Screen{}); err != nil || !strings.Contains(text.String(), `| B\_2 | 0.`) || !strings.Contains(text.String(), "Holm-corrected over the 3 pairs") {
		t.Errorf("error %v:\n%s", err, text.String())
	}
}

func TestWhatOneMethodLacksIsSaidAndLeftOut(t *testing.T) {
	plan, from := sample()
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"B_2", "D", "A & co"}, Dataset: "Music & more"})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(c.Matrices[0].Notes, "\n")
	if !strings.Contains(notes, "Warning: D lacks seed 2: compared is only what all methods have.") || !strings.Contains(notes, "averaged over 1 seed.") {
		t.Errorf("notes:\n%s", notes)
	}
}

func TestRepeatedSplitsAreComparedOverSplitsToo(t *testing.T) {
	plan, from := repeatedSample(0, 0.02, -0.02)
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"A", "B"}, Metric: "recall@20"})
	if err == nil || !strings.Contains(err.Error(), "no rankings") {
		t.Fatalf("records without rankings: %+v, error %v", c, err)
	}
	for key, s := range from {
		s.rankings = &eval.Rankings{Depth: 100}
		from[key] = s
	}
	if c, err = Compare(plan, from, CompareOptions{Methods: []string{"B", "A"}}); err != nil {
		t.Fatal(err)
	}
	pair := c.Pairs[0]
	if pair.OverSplits == nil || math.Abs(float64(pair.OverSplits.Mean-pair.Difference.Mean)) > 1e-9 || pair.OverSplits.Low >= pair.Difference.Low || len(pair.Tests) != 4 {
		t.Errorf("got %+v", pair)
	}
}

func TestMethodsThatCannotBeComparedAreRefused(t *testing.T) {
	for what, c := range map[string]struct {
		change  func(*experiment.Plan, records)
		options CompareOptions
		want    string
	}{
		"unknown method":  {nil, CompareOptions{Methods: []string{"M", "Lat"}}, `did you mean "Late"`},
		"one method":      {nil, CompareOptions{Methods: []string{"M"}}, "two or more methods are compared, and 1 given; known are M, N, Late"},
		"method twice":    {nil, CompareOptions{Methods: []string{"M", "M"}}, "given twice"},
		"unfinished":      {nil, CompareOptions{Methods: []string{"M", "Late"}}, "Late has no finished trial"},
		"unknown metric":  {nil, CompareOptions{Methods: []string{"M", "N"}, Metric: "recal@2"}, `did you mean "recall@2"`},
		"metric of all":   {nil, CompareOptions{Methods: []string{"M", "N"}, Metric: "coverage@2"}, "one number for all users together"},
		"unknown dataset": {nil, CompareOptions{Methods: []string{"M", "N"}, Dataset: "Hnad"}, `did you mean "Hand"`},
		"other data":      {func(_ *experiment.Plan, from records) { from["n"].rec.Data.Fingerprint = "g" }, CompareOptions{Methods: []string{"M", "N"}}, "M and N were measured on different data (seed 1): f and g"},
		"other users":     {func(_ *experiment.Plan, from records) { from["n"].users.Users[2] = "3" }, CompareOptions{Methods: []string{"M", "N"}}, `M and N were measured on different users (seed 1): 3 and 3 of them, user "2" by one alone`},
		"one user": {func(_ *experiment.Plan, from records) {
			for _, key := range []string{"k", "n"} {
				u := from[key].users
				u.Users = u.Users[:1]
				for i := range u.Values {
					u.Values[i] = u.Values[i][:1]
				}
			}
		}, CompareOptions{Methods: []string{"M", "N"}}, "measured on 1 user, expected at least 2"},
		"no common seed": {func(p *experiment.Plan, _ records) { p.Trials[1].Seed, p.Seeds = 2, []uint64{1, 2} }, CompareOptions{Methods: []string{"M", "N"}}, "no trial in common: M lacks"},
	} {
		plan, from := twoByHand()
		if c.change != nil {
			c.change(plan, from)
		}
		_, err := Compare(plan, from, c.options)
		if !contract.IsBadInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", what, err, c.want)
		}
	}
}

func TestActivityOfAUserWhoIsHeldOutWholeIsTheHistory(t *testing.T) {
	plan, from := twoByHand()
	from["k"].data.FoldIn = &data.Interactions{Users: 4, Items: 4, Ptr: []int{0, 0, 0, 3, 3}, Item: []int32{0, 1, 2}}
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"M", "N"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Pairs[0].Gain[0]; got.User != "2" || got.Training != 3 {
		t.Errorf("got %+v", got)
	}
}
