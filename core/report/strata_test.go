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
)

// byHand is one method with one seed. Item a has 3 training interactions, b one, c
// and d none. Users 0 and 1 have 2 of them, user 2 none; user 3 has nothing held out.
//
//	user  held out  list     style
//	0     a, c      c, a     calm
//	1     b         a, d     calm
//	2     d         d, b     loud
func byHand() (*experiment.Plan, records) {
	p := &experiment.Plan{
		Schema: experiment.PlanSchema, Name: "hand", Seeds: []uint64{1}, Datasets: []experiment.DatasetPlan{{Name: "Hand"}},
		Evaluate: experiment.Evaluate{Candidates: "all", Mask: "train", History: "train", Metrics: []string{"recall@2", "mrr@2", "coverage@2"}, Ties: "index"},
		Methods:  []experiment.MethodPlan{{Name: "M"}}, Trials: []experiment.Trial{{Key: "k", Seed: 1}},
	}
	list := func(items ...int32) contract.Ranking {
		return contract.Ranking{Items: items, Scores: make([]float32, len(items))}
	}
	return p, records{"k": {
		rec: &record.Record{
			Key: "k", Status: record.Done, Seed: 1, Method: "M", Data: record.Data{Fingerprint: "f", Users: 4, Items: 4, Audit: []byte(`{}`)},
			Results: []record.Result{{Part: "test", Users: 3, Skipped: 1, Overall: map[string]float64{"coverage@2": 1}}},
		},
		users:    &record.Users{Users: []string{"0", "1", "2"}, Metrics: []string{"recall@2", "mrr@2"}, Values: [][]float64{{1, 0, 1}, {1, 0, 1}}},
		rankings: &eval.Rankings{Users: []int32{0, 1, 2}, Depth: 2, Lists: []contract.Ranking{list(2, 0), list(0, 3), list(3, 1)}},
		data: &record.SplitData{
			Users: []string{"0", "1", "2", "3"}, Items: []string{"a", "b", "c", "d"},
			Training: &data.Interactions{Users: 4, Items: 4, Ptr: []int{0, 1, 3, 3, 4}, Item: []int32{1, 0, 0, 0}},
			Test:     &data.Interactions{Users: 4, Items: 4, Ptr: []int{0, 2, 3, 4, 4}, Item: []int32{0, 2, 1, 3}},
		},
		attributes: []contract.TrainAttributes{
			{Name: "age", Entity: contract.EntityUser, Type: contract.AttributeNumber, Rows: []int32{0}, Values: contract.Values{Numbers: []float64{3}}},
			{Name: "style", Entity: contract.EntityUser, Type: contract.AttributeCategory, Rows: []int32{0, 1, 2}, Values: contract.Values{Words: []string{"calm", "calm", "loud|"}}},
			{Name: "topics", Entity: contract.EntityUser, Type: contract.AttributeSet, Rows: []int32{0, 2}, Values: contract.Values{Sets: [][]string{{"x", "y"}, {"y"}}}},
		},
	}}
}

func divided(t *testing.T, o Options) Strata {
	t.Helper()
	plan, from := byHand()
	r, err := Build(plan, from, o)
	if err != nil {
		t.Fatal(err)
	}
	return r.Tables[0].Strata[0]
}

// line is a bucket's name, users, held-out items and the means of its one method; -1 is unknown.
type line struct {
	name           string
	users, heldOut int
	means          []float64
}

func checkBuckets(t *testing.T, s Strata, want ...line) {
	t.Helper()
	if len(s.Buckets) != len(want) {
		t.Fatalf("%d buckets, want %d: %+v", len(s.Buckets), len(want), s.Buckets)
	}
	for i, b := range s.Buckets {
		var means []float64
		for _, c := range b.Rows[0].Cells {
			if !c.Known {
				c.Mean = -1
			}
			means = append(means, c.Mean)
		}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }
		if b.Name != want[i].name || b.Users != want[i].users || b.HeldOut != want[i].heldOut || !slices.EqualFunc(means, want[i].means, same) {
			t.Errorf("bucket %+v with means %v, want %+v", b, means, want[i])
		}
	}
}

func TestStrataByItemCountWorkedByHand(t *testing.T) {
	s := divided(t, Options{By: ByItemCount, Borders: eval.Buckets{0, 2, 9}})
	if !slices.Equal(s.Metrics, []string{"recall@2", "mrr@2"}) {
		t.Errorf("metrics %v: coverage is about whole lists", s.Metrics)
	}
	checkBuckets(t, s,
		line{"0", 2, 2, []float64{1, 1}},     // c of user 0 at place 1, d of user 2 at place 1
		line{"1-2", 1, 1, []float64{0, 0}},   // b of user 1
		line{"3-9", 1, 1, []float64{1, 0.5}}, // a of user 0 at place 2
		line{"above 9", 0, 0, []float64{-1, -1}},
	)
	if c := s.Buckets[1].Rows[0].Cells[0]; c.Low != nil || c.Seeds != 1 {
		t.Errorf("one user has no interval: %+v", c)
	}
	if c := s.Buckets[0].Rows[0].Cells[0]; c.Low == nil {
		t.Errorf("two users have an interval: %+v", c)
	}
}

func TestStrataByUserActivityWorkedByHand(t *testing.T) {
	checkBuckets(t, divided(t, Options{By: ByUserActivity, Borders: eval.Buckets{0, 1}}),
		line{"0", 1, 1, []float64{1, 1, 0.5}},       // user 2, whose list has half of the items
		line{"1", 1, 2, []float64{1, 1, 0.5}},       // user 0
		line{"above 1", 1, 1, []float64{0, 0, 0.5}}, // user 1
	)
}

func TestStrataOfAnAttributeHaveAGapAndAWorstGroup(t *testing.T) {
	s := divided(t, Options{By: "style"})
	checkBuckets(t, s, line{"calm", 2, 3, []float64{0.5, 0.5, 0.75}}, line{"loud|", 1, 1, []float64{1, 1, 0.5}})
	if g := s.Gaps[0]; g.Cells[0] != (Gap{true, 0.5, "calm", 0.5}) || g.Cells[2] != (Gap{true, 0.25, "loud|", 0.5}) {
		t.Errorf("gaps %+v", g)
	}
	checkBuckets(t, divided(t, Options{By: "topics"}), line{"x", 1, 2, []float64{1, 1, 0.5}}, line{"y", 2, 3, []float64{1, 1, 1}})
	plan, from := byHand()
	for by, want := range map[string]string{"stile": `did you mean "style"`, "age": "is a number, expected one with groups"} {
		if _, err := Build(plan, from, Options{By: by}); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", by, err)
		}
	}
	if _, err := Build(plan, from, Options{By: "style", Borders: eval.Buckets{3}}); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "has no borders") {
		t.Errorf("borders of an attribute: error %v", err)
	}
}

func TestStrataOfThePlanStandInJSONAndCSV(t *testing.T) {
	plan, from := byHand()
	plan.Table.Strata = &experiment.Strata{ItemCount: []int{2}}
	r, err := Build(plan, from, Options{Strata: true})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.Write(&text, CSV, Screen{AllNotes: true}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"dataset,method,metric,mean,ci_low,ci_high,seeds,by,bucket,users\n", "Hand,M,mrr@2,0.666667,", ",1,,,\n",
		"Hand,M,mrr@2,0.500000,,,1,item_count,above 2,1\n",
		"Hand,M,coverage@2,0.500000,,,1,user_activity,", // quartiles
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the CSV lacks %q:\n%s", want, text.String())
		}
	}
	text.Reset()
	if err := r.Write(&text, JSON, Screen{AllNotes: true}); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text.Bytes(), &back); err != nil || len(back.Tables[0].Strata) != 2 || back.Tables[0].Strata[0].Buckets[1].Name != "above 2" {
		t.Errorf("JSON, error %v:\n%s", err, text.String())
	}
	if r, err = Build(plan, from, Options{By: ByItemCount}); err != nil || r.Tables[0].Strata[0].Buckets[0].Name != "0-2" {
		t.Errorf("borders of the plan: %+v, error %v", r, err)
	}
	if r, err = Build(plan, from, Options{}); err != nil || r.Tables[0].Strata != nil {
		t.Errorf("without being asked: %+v, error %v", r, err)
	}
}

func TestTextFormatsShowTheStrataAlone(t *testing.T) {
	plan, from := byHand()
	r, err := Build(plan, from, Options{By: "style"})
	if err != nil {
		t.Fatal(err)
	}
	for format, want := range map[Format][]string{
		Markdown: {"### Hand by style", "| style | method | users | held out | recall@2 |", "|:--|:--|--:|", `| loud\| | M | 1 | 1 | 1.0000 |`, "| gap (worst group) | M |  |  | 0.5000 (calm) |", "- style: groups of users"},
		Terminal: {"Hand by style", "0.2500 (loud|)"},
		LaTeX:    {`\begin{tabular}{llrrrrr}`, `0.2500 (loud\textbar{})`},
	} {
		var text bytes.Buffer
		if err := r.Write(&text, format, Screen{AllNotes: true}); err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !strings.Contains(text.String(), part) {
				t.Errorf("%s lacks %q:\n%s", format, part, text.String())
			}
		}
		if strings.Contains(text.String(), "peak MiB") {
			t.Errorf("%s has the table too:\n%s", format, text.String())
		}
	}
}
