package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

// repeatedSample is the methods A and B on so many splits of one data set with one seed.
// B is better than A for each user by 0.1 and by drift[split].
func repeatedSample(drift ...float64) (*experiment.Plan, records) {
	p := &experiment.Plan{
		Schema: experiment.PlanSchema, Name: "splits", Seeds: []uint64{1},
		Evaluate: experiment.Evaluate{Candidates: "all", Mask: "train", History: "train", Metrics: []string{"recall@20", "coverage@20"}, Ties: "hashed"},
		Methods:  []experiment.MethodPlan{{Name: "A"}, {Name: "B"}}, Table: experiment.Table{Against: "A"},
	}
	from := records{}
	for split := range drift {
		d := experiment.DatasetPlan{Name: "Data", Repetition: split + 1}
		d.Selection.Split = data.SplitSpec{Method: data.MethodRatio, Seed: uint64(7 + split)}
		p.Datasets = append(p.Datasets, d)
		for m := range p.Methods {
			t := experiment.Trial{Key: fmt.Sprintf("%d-%d", split, m), Dataset: split, Method: m, Seed: 1}
			p.Trials = append(p.Trials, t)
			audit, _ := json.Marshal(data.Audit{Train: data.PartCounts{Interactions: 80}, Test: data.PartCounts{Interactions: 10}, Leak: &data.Leak{}})
			users := &record.Users{Metrics: []string{"recall@20"}, Values: [][]float64{nil}}
			for u := range 40 {
				value := 0.3 + 0.02*math.Sin(float64(u*(split+2)+m))
				if m == 1 {
					value += 0.1 + drift[split]
				}
				users.Users, users.Values[0] = append(users.Users, fmt.Sprintf("u%d", u)), append(users.Values[0], value)
			}
			part := &data.Interactions{Users: 40, Items: 3, Ptr: make([]int, 41), Item: make([]int32, 10)}
			from[t.Key] = stored{
				rec: &record.Record{
					Key: t.Key, Status: record.Done, Seed: 1, Data: record.Data{Fingerprint: fmt.Sprint("f", split), Users: 40, Items: 3, Audit: audit},
					Results: []record.Result{{Part: "test", Users: 40, Overall: map[string]float64{"coverage@20": 0.5 + float64(split)/10}}},
				},
				users: users, data: &record.SplitData{Training: part, Test: part},
			}
		}
	}
	return p, from
}

func TestADifferenceThatOtherSplitsTurnRoundIsNotMarked(t *testing.T) {
	for _, c := range []struct {
		drift  []float64
		marked bool
	}{{[]float64{0, 0.01, -0.01}, true}, {[]float64{0.3, -0.4, 0.5}, false}} {
		plan, from := repeatedSample(c.drift...)
		r, err := Build(plan, from, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Tables) != 1 {
			t.Fatalf("%d tables", len(r.Tables))
		}
		b := r.Tables[0].Rows[1].Cells[0]
		if b.Best != c.marked || (b.Against == 1) != c.marked || b.Splits != 3 {
			t.Errorf("drift %v: %+v", c.drift, b)
		}
		if cover := r.Tables[0].Rows[1].Cells[1]; math.Abs(cover.Mean-0.6) > 1e-12 || cover.Low == nil || *cover.Low >= 0.5 {
			t.Errorf("coverage has an interval over splits: %+v", cover)
		}
		notes := strings.Join(r.Tables[0].Notes, "\n")
		for _, want := range []string{
			"Splits: 3, drawn anew with split.seed 7 to 9", "(1/J + 0.125) s² over J splits, with 0.125 the measured over the training interactions", "each user's values averaged over the seeds and splits first",
			"paired t-test over users, and corrected resampled t-test over splits: the larger p of both counts", "the interval is over splits", "of the first split",
		} {
			if !strings.Contains(notes, want) {
				t.Errorf("the notes lack %q:\n%s", want, notes)
			}
		}
	}
}

// Users agree to 0.01, splits lie 0.4 apart: the wider interval is that over splits,
// mean ± t(0.975; 2) sqrt((1/3 + 1/8) s²).
func TestTheIntervalOfRepeatedSplitsIsTheWiderOne(t *testing.T) {
	plan, from := repeatedSample(0, 0.4, -0.4)
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var means [3]float64
	for split := range means {
		for _, v := range from[fmt.Sprintf("%d-1", split)].users.Values[0] {
			means[split] += v / 40
		}
	}
	mean := (means[0] + means[1] + means[2]) / 3
	variance := 0.0
	for _, m := range means {
		variance += (m - mean) * (m - mean) / 2
	}
	half := 4.302652729749464 * math.Sqrt((1.0/3+1.0/8)*variance)
	cell := r.Tables[0].Rows[1].Cells[0]
	if math.Abs(cell.Mean-mean) > 1e-12 || math.Abs(*cell.High-mean-half) > 1e-9 || math.Abs(mean-half-*cell.Low) > 1e-9 {
		t.Errorf("got %v [%v, %v], want %v ± %v", cell.Mean, *cell.Low, *cell.High, mean, half)
	}
}

func TestOneFinishedSplitSaysNothingOfOthers(t *testing.T) {
	plan, from := repeatedSample(0, 0, 0)
	delete(from, "1-1")
	delete(from, "2-1")
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := r.Tables[0].Rows[1]
	if b.Cells[0].Best || b.Cells[0].Against != 0 || b.Missing != 2 {
		t.Errorf("got %+v", b)
	}
	if notes := strings.Join(r.Tables[0].Notes, "\n"); !strings.Contains(notes, "B was measured on 1 of 3 splits") {
		t.Errorf("notes:\n%s", notes)
	}
	delete(from, "0-0")
	if r, err = Build(plan, from, Options{}); err != nil || r.Tables[0].Rows[1].Cells[0].Against != 0 {
		t.Errorf("without a common split: %+v, error %v", r, err)
	}
}

func TestSplitsStandSideBySideWithTheirSpread(t *testing.T) {
	plan, from := repeatedSample(0, 0.2)
	r, err := Build(plan, from, Options{By: BySplit})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Tables[0].Strata[0]
	if len(s.Buckets) != 2 || s.Buckets[1].Name != "2" || s.Buckets[1].Users != 40 || s.Buckets[1].HeldOut != 10 {
		t.Fatalf("buckets %+v", s.Buckets)
	}
	one, two := s.Buckets[0].Rows[1].Cells[0], s.Buckets[1].Rows[1].Cells[0]
	if sd := *s.Spreads[1].Cells[0]; math.Abs(sd-math.Abs(two.Mean-one.Mean)/math.Sqrt2) > 1e-12 {
		t.Errorf("spread %v of %v and %v", sd, one.Mean, two.Mean)
	}
	if one.Against != 1 || one.Low == nil {
		t.Errorf("a split has the tests of a table of its own: %+v", one)
	}
	var text bytes.Buffer
	if err := r.Write(&text, Markdown, Screen{AllNotes: true}); err != nil || !strings.Contains(text.String(), "| sd over splits | B |") {
		t.Errorf("error %v:\n%s", err, text.String())
	}
	text.Reset()
	if err := r.Write(&text, CSV, Screen{AllNotes: true}); err != nil || !strings.HasPrefix(text.String(), "dataset,method,metric,mean,ci_low,ci_high,seeds,splits,by,bucket,users\nData,A,recall@20,0.3") || !strings.Contains(text.String(), ",1,2,,,\n") {
		t.Errorf("error %v:\n%s", err, text.String())
	}
	if _, err := Build(plan, from, Options{By: BySeed}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "has one seed") {
		t.Errorf("one seed: error %v", err)
	}
	once, records := sample()
	if _, err := Build(once, records, Options{By: BySplit}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "repeat: {splits: 5}") {
		t.Errorf("data that are split once: error %v", err)
	}
}

func TestStatisticsOfThePlanAreNamedAndUsed(t *testing.T) {
	plan, from := sample()
	plan.Table.Statistics = &experiment.Statistics{Test: "wilcoxon", Interval: "bca", Level: 0.9, Zeros: "pratt", Continuity: true, Seed: 3}
	r, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := sample()
	student, err := Build(plain, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cell, wide := r.Tables[0].Rows[1].Cells[0], student.Tables[0].Rows[1].Cells[0]
	if cell.Mean != wide.Mean || *cell.Low <= *wide.Low || cell.Against != 1 {
		t.Errorf("at level 0.9 %+v, at 0.95 %+v", cell, wide)
	}
	notes := strings.Join(r.Tables[0].Notes, "\n")
	for _, want := range []string{"In brackets: the 90% BCa bootstrap interval (10000 resamples, seed 3)", "signed-rank test over users, those without a difference ranked as Pratt does, with continuity correction", "p < 0.1)"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes lack %q:\n%s", want, notes)
		}
	}
	var text bytes.Buffer
	if err := r.Write(&text, Terminal, Screen{AllNotes: true}); err != nil || !strings.Contains(text.String(), fmt.Sprintf("%.4f [%.4f, %.4f]", cell.Mean, *cell.Low, *cell.High)) {
		t.Errorf("error %v:\n%s", err, text.String())
	}
}

func TestFoldsAndWindowsHaveTheirOwnTestAndWarning(t *testing.T) {
	for _, c := range []struct {
		split data.SplitSpec
		want  []string
	}{
		{data.SplitSpec{Method: data.MethodKFold, Folds: 5, Fold: 1}, []string{"Splits: 3, folds 1 to 3 of 5;", "Warning: folds share training data", "and t-test over splits: the larger p"}},
		{data.SplitSpec{Method: data.MethodRolling, Windows: 4, Window: 2}, []string{"Splits: 3, windows 2 to 4 of 4;", "Warning: it takes windows for independent"}},
		{data.SplitSpec{Method: data.MethodStrong, Seed: 4}, []string{"split.seed 4 to 6", "with 0.25 the measured over the training users"}},
		{data.SplitSpec{Method: data.MethodColdItems, Seed: 4}, []string{"with 0.5 the measured over the training items"}},
	} {
		plan, from := repeatedSample(0, 0.01, -0.02)
		for i := range plan.Datasets {
			plan.Datasets[i].Selection.Split = c.split.Repetition(i)
		}
		for _, s := range from {
			s.rec.Data.Audit, _ = json.Marshal(data.Audit{Train: data.PartCounts{Interactions: 80, Users: 8, Items: 4}, Test: data.PartCounts{Interactions: 10, Users: 2, Items: 2}, Leak: &data.Leak{}})
		}
		r, err := Build(plan, from, Options{})
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(r.Tables[0].Notes, "\n")
		for _, want := range c.want {
			if !strings.Contains(notes, want) {
				t.Errorf("%s: the notes lack %q:\n%s", c.split.Method, want, notes)
			}
		}
	}
}

// Users 0 and 1 have 1 and 2 training interactions in the first split and change places
// in the second; user 2 has none in both. In the first split M finds user 0's items, in
// the second user 1's.
func TestEachSplitIsDividedByItsOwnTrainingAndTheBordersOfTheFirst(t *testing.T) {
	plan, from := byHand()
	plan.Datasets = []experiment.DatasetPlan{{Name: "Hand", Repetition: 1}, {Name: "Hand", Repetition: 2}}
	plan.Trials = append(plan.Trials, experiment.Trial{Key: "second", Dataset: 1, Seed: 1})
	plan.Evaluate.Metrics = []string{"recall@2"}
	first := from["k"]
	first.rec.Data.Audit = []byte(`{"train": {"interactions": 4}, "test": {"interactions": 4}}`)
	second := first
	rec, prepared := *first.rec, *first.data
	rec.Key, rec.Data.Fingerprint = "second", "g"
	prepared.Training = &data.Interactions{Users: 4, Items: 4, Ptr: []int{0, 2, 3, 3, 4}, Item: []int32{0, 1, 0, 0}}
	second.rec, second.data = &rec, &prepared
	second.rankings = &eval.Rankings{Users: []int32{0, 1, 2}, Depth: 2, Lists: []contract.Ranking{
		{Items: []int32{1, 3}, Scores: make([]float32, 2)}, {Items: []int32{1, 3}, Scores: make([]float32, 2)}, {Items: []int32{3, 1}, Scores: make([]float32, 2)},
	}}
	second.users = &record.Users{Users: []string{"0", "1", "2"}, Metrics: []string{"recall@2"}, Values: [][]float64{{0, 1, 1}}}
	from["second"] = second
	r, err := Build(plan, from, Options{By: ByUserActivity})
	if err != nil {
		t.Fatal(err)
	}
	// Of one training interaction: user 0 in the first split, user 1 in the second.
	checkBuckets(t, r.Tables[0].Strata[0], line{"0", 1, 1, []float64{1}}, line{"1", 1, 2, []float64{1}}, line{"above 1", 1, 1, []float64{0}})
	if notes := r.Tables[0].Strata[0].Notes[0]; !strings.Contains(notes, "Each split is divided by its own training part") {
		t.Errorf("note %q", notes)
	}
}

func TestSeedsStandSideBySideWithTheirSpread(t *testing.T) {
	plan, from := sample()
	plan.Datasets = plan.Datasets[:1]
	for key, s := range from { // counts are read from the data
		s.data = &record.SplitData{Test: &data.Interactions{Users: 60, Items: 30, Ptr: make([]int, 61)}}
		from[key] = s
	}
	r, err := Build(plan, from, Options{By: BySeed})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Tables[0].Strata[0]
	one, two := s.Buckets[0].Rows[1].Cells[0], s.Buckets[1].Rows[1].Cells[0]
	if sd := *s.Spreads[1].Cells[0]; math.Abs(sd-math.Abs(two.Mean-one.Mean)/math.Sqrt2) > 1e-12 || one.Seeds != 1 {
		t.Errorf("spread %v of %v and %v", sd, one, two)
	}
	if s.Spreads[3].Cells[0] != nil || s.Buckets[1].Rows[3].Cells[0].Known {
		t.Errorf("D failed with its second seed: %+v", s.Spreads[3])
	}
	if _, err := Build(plan, from, Options{By: BySeed, Borders: eval.Buckets{1}}); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "has no borders") {
		t.Errorf("borders of seeds: error %v", err)
	}
}

func TestARowIsNotMarkedAgainstTheSideThatTheTestSpeaksFor(t *testing.T) {
	r := rules{Method: stats.Method{Test: stats.TestWilcoxon, Level: 0.95}}
	a, b := make([]float64, 60), make([]float64, 60)
	users := make([]int32, 60)
	for i := range a {
		users[i], b[i] = int32(i), 0.01*float64(1+i%7) // many small losses of a
	}
	a[0] = 1
	pairs, err := stats.Pair([]stats.Sample{{Users: users, Values: a}}, []stats.Sample{{Users: users, Values: b}})
	if err != nil || stats.Mean(pairs.SplitDifferences) > 0 {
		t.Fatalf("difference %v, error %v", stats.Mean(pairs.SplitDifferences), err)
	}
	if p := r.p(pairs); p >= 0.05 {
		t.Errorf("means and ranks agree, and p is %v", p)
	}
	a[0] = 9 // one large gain, by which its mean is higher
	if pairs, err = stats.Pair([]stats.Sample{{Users: users, Values: a}}, []stats.Sample{{Users: users, Values: b}}); err != nil {
		t.Fatal(err)
	}
	if p := r.p(pairs); p != 1 {
		t.Errorf("the mean is higher by %v, the ranks are lower, and p is %v", stats.Mean(pairs.SplitDifferences), p)
	}
}
