package report

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

func TestDetailsSayWhatTheTableMarks(t *testing.T) {
	plan, from := sample()
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := Build(plan, from, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Tables[0]
	got.Strata = nil
	if !reflect.DeepEqual(got, table.Tables[0]) {
		t.Errorf("the table of the details is\n%+v\nwant\n%+v", got, table.Tables[0])
	}
	b := d.Behind[0]
	if b.Reference != "A & co" || len(b.Differences) != 2 || len(b.Trials) != 10 || b.Audit.Train.Interactions != 90 {
		t.Fatalf("got %+v", b)
	}
	for i, of := range b.Differences {
		for _, r := range of.Rows {
			at := slices.IndexFunc(got.Rows, func(row Row) bool { return row.Method == r.Method })
			cell, reference := got.Rows[at].Cells[i], got.Rows[0].Cells[i]
			if math.Abs(float64(r.Mean)-(cell.Mean-reference.Mean)) > 1e-9 || !(r.Low < r.Mean && r.Mean < r.High) {
				t.Errorf("%s, %s: %v in [%v, %v], the means differ by %v", of.Metric, r.Method, r.Mean, r.Low, r.High, cell.Mean-reference.Mean)
			}
			if marked := cell.Against != 0; marked != (r.Holm < 0.05) {
				t.Errorf("%s, %s: marked %v with p %v", of.Metric, r.Method, marked, r.Holm)
			}
			if r.Users != 50 || r.Win+r.Tie+r.Loss != 50 {
				t.Errorf("%s, %s: %+v", of.Metric, r.Method, r)
			}
		}
	}
	for i, l := range b.Leaders {
		for _, r := range got.Rows {
			if c := r.Cells[i]; c.Known && !r.Published && c.Mean > l.Cell.Mean || r.Method == l.Method && c.Best != (len(l.Equals) == 0) {
				t.Errorf("%s: %s leads with %v, %s has %+v", l.Metric, l.Method, l.Cell.Mean, r.Method, c)
			}
		}
	}
}

func TestWithoutAgainstDifferencesAreToTheBest(t *testing.T) {
	plan, from := sample()
	plan.Table.Against = ""
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if b := d.Behind[0]; b.Reference != b.Leaders[0].Method || d.Behind[1].Reference != "" {
		t.Errorf("references %q and %q, the best is %q", b.Reference, d.Behind[1].Reference, b.Leaders[0].Method)
	}
}

// Values of users are taken as they are where all metrics have them, and measured from the
// lists where one has not.
func TestGroupsOfUsersAreTheSameFromValuesAndFromLists(t *testing.T) {
	for _, by := range []string{ByUserActivity, "topics"} {
		plan, from := byHand()
		measured, err := Build(plan, from, Options{By: by})
		if err != nil {
			t.Fatal(err)
		}
		plan.Evaluate.Metrics = plan.Evaluate.Metrics[:2]
		taken, err := Build(plan, from, Options{By: by})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range measured.Tables[0].Strata[0].Buckets {
			got := taken.Tables[0].Strata[0].Buckets[i]
			if got.Name != want.Name || got.Users != want.Users || got.HeldOut != want.HeldOut || !reflect.DeepEqual(got.Rows[0].Cells, want.Rows[0].Cells[:2]) {
				t.Errorf("by %s: %+v from values, %+v from lists", by, got, want)
			}
		}
	}
}

func TestManyListsAreReadOnDemandAlone(t *testing.T) {
	plan, from := byHand()
	from["k"].rec.Results[0].Users = mostLists + 1
	for all, want := range map[bool]map[string][]string{
		false: {ByUserActivity: {"recall@2", "mrr@2"}},
		true:  {ByItemCount: {"recall@2", "mrr@2"}, ByUserActivity: {"recall@2", "mrr@2", "coverage@2"}},
	} {
		read := 0
		d, err := Detail(plan, counting{from, &read}, DetailOptions{AllStrata: all})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]string{}
		for _, s := range d.Tables[0].Strata {
			got[s.By] = s.Metrics
		}
		said := strings.Join(d.Behind[0].LeftOut, "")
		if !reflect.DeepEqual(got, want) || (read > 0) != all || strings.Contains(said, "coverage@2 in groups of users") == all || strings.Contains(said, "--strata all") == all {
			t.Errorf("with all %v: %d files of lists read for %v, said %q", all, read, got, said)
		}
	}
	plan.Evaluate.Metrics = []string{"coverage@2"}
	if d, err := Detail(plan, from, DetailOptions{}); err != nil || len(d.Tables[0].Strata) > 0 {
		t.Errorf("without a metric of single users: %+v, error %v", d.Tables[0].Strata, err)
	}
}

// counting counts the files of lists that are read.
type counting struct {
	records
	read *int
}

func (c counting) Rankings(rec *record.Record, part string) (*eval.Rankings, error) {
	*c.read++
	return c.records.Rankings(rec, part)
}

func TestADifferenceOverSplitsHasTheWiderInterval(t *testing.T) {
	plan, from := repeatedSample(0.3, -0.1, 0.2)
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := d.Behind[0].Differences[0].Rows[0]
	over := stats.TestSplits([]float64{0.4, 0, 0.3}, stats.Resampling{Ratio: 0.125}, 0.95)
	if math.Abs(float64(got.High-got.Mean)-(over.High-over.Mean)) > 0.01 {
		t.Errorf("%+v, over splits %+v", got.Bounded, over.Interval)
	}
}

func TestTheMatrixOfDetailsIsThatOfCompare(t *testing.T) {
	plan, from := sample()
	for key, s := range from {
		if s.rec.Status == "failed" {
			delete(from, key)
		}
	}
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(plan, from, CompareOptions{Methods: []string{"A & co", "B_2", "C|c"}, Dataset: "Music & more", Metric: "ndcg@100"})
	if err != nil {
		t.Fatal(err)
	}
	m := d.Behind[0].Matrices[1]
	for _, want := range c.Matrices[0].Pairs {
		got, there := m.Of(want.A, want.B)
		if !there || got.Difference != want.Difference || got.P != want.P || got.Counts != want.Counts {
			t.Errorf("%+v, compare has %+v", got, want)
		}
		back, _ := m.Of(want.B, want.A)
		if back.Difference.Mean != -want.Difference.Mean || back.Win != want.Loss {
			t.Errorf("turned round: %+v", back)
		}
	}
	if _, there := m.Of("A & co", "E"); there || len(m.Pairs) != 6 {
		t.Errorf("pairs of a method without a trial, or not 6: %+v", m.Pairs)
	}
}

func TestASampleIsOfUsersWithTheirOwnValues(t *testing.T) {
	plan, from := sample()
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s := d.Behind[0].Sample
	if s.Of != 50 || len(s.Users) != 50 || len(s.Rows) != 4 || len(s.Values) != 2 || len(s.Values[1]) != 4 {
		t.Fatalf("got %d of %d users, rows %q", len(s.Users), s.Of, s.Rows)
	}
	one, two := from["hash-1-1"].users, from["hash-1-2"].users
	for i, id := range s.Users {
		at := slices.Index(one.Users, id)
		if want := (one.Values[0][at] + two.Values[0][at]) / 2; math.Abs(s.Values[0][1][i]-want) > 1e-12 {
			t.Errorf("user %s has %v, want %v", id, s.Values[0][1][i], want)
		}
	}
	if places := draw(1000, 20); len(places) != 20 || !slices.IsSorted(places) || !slices.Equal(places, draw(1000, 20)) {
		t.Errorf("drawn %v", places)
	}
}

func TestMethodsAreRankedOverFiveDataSetsAndNotOverFewer(t *testing.T) {
	plan, from := sample()
	for n := 2; n <= 5; n++ {
		d, err := Detail(plan, from, DetailOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if n < 5 && d.Rankings != nil {
			t.Errorf("%d data sets are ranked", n)
		}
		if n == 5 {
			r := d.Rankings[0]
			if r.Datasets != 5 || !slices.Equal(r.Methods, []string{"A & co", "B_2", "C|c", "D"}) || r.Ranks[0] != 4 {
				t.Errorf("got %+v", r)
			}
		}
		if n == 2 { // the second data set of the sample has no trial
			plan.Datasets = plan.Datasets[:1]
		} else {
			copyDataset(plan, len(plan.Datasets))
		}
		for len(plan.Datasets) < n+1 {
			copyDataset(plan, len(plan.Datasets))
		}
	}
}

// copyDataset lets the trials of the first data set be those of another one too.
func copyDataset(plan *experiment.Plan, at int) {
	plan.Datasets = append(plan.Datasets, experiment.DatasetPlan{Name: strings.Repeat("x", at)})
	for _, t := range plan.Trials {
		if t.Dataset == 0 {
			t.Dataset = at
			plan.Trials = append(plan.Trials, t)
		}
	}
}
