package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

func everythingOf(t *testing.T) *Details {
	t.Helper()
	plan, from := sample()
	d, err := Detail(plan, from, DetailOptions{Effects: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCSVHasEverythingAndReadsBackExactly(t *testing.T) {
	d := everythingOf(t)
	var b bytes.Buffer
	if err := d.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range lines[0] {
		at[name] = i
	}
	find := func(method, metric string) func(string) string {
		for _, l := range lines {
			if l[at["dataset"]] == "Music & more" && l[at["method"]] == method && l[at["metric"]] == metric && l[at["by"]] == "" {
				return func(column string) string { return l[at[column]] }
			}
		}
		t.Fatalf("no line of %s, %s", method, metric)
		return nil
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	b2 := find("B_2", "recall@20")
	cell, difference := d.Tables[0].Rows[1].Cells[0], d.Behind[0].Differences[0].Rows[0]
	for column, want := range map[string]float64{
		"mean": cell.Mean, "ci_low": *cell.Low, "ci_high": *cell.High, "difference": float64(difference.Mean), "p": float64(difference.P), "p_holm": float64(difference.Holm),
		"d_z": float64(difference.Dz), "win": float64(difference.Win), "train_seconds": 24.6, "peak_mib": 64, "trials": 2, "against": 1,
	} {
		if got := number(b2(column)); got != want {
			t.Errorf("%s: got %v, want %v", column, got, want)
		}
	}
	// The effect sizes again, from the samples of the two rows.
	plan, from := sample()
	samples := map[string][]stats.Sample{}
	err = EachTrial(plan, from, contract.PartTest, func(_ *record.Record, v UserValues) error {
		s := stats.Sample{Values: v.Values[0]}
		for u := range v.Users {
			s.Users = append(s.Users, int32(u))
		}
		samples[v.Method] = append(samples[v.Method], s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := stats.Pair(samples["B_2"], samples["A & co"])
	if err != nil {
		t.Fatal(err)
	}
	e := pairs.Effects()
	for column, want := range map[string]float64{"hedges_g": e.HedgesG, "rank_biserial": e.RankBiserial, "cliffs_delta": e.CliffDelta, "common_language": e.CommonLanguage} {
		if got := number(b2(column)); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: got %v, want %v", column, got, want)
		}
	}
	published := find("Multi-VAE", "recall@20")
	if published("published") != "true" || published("mean") != "0.1295" || published("source") != "arXiv 2402.09617" || published("ci_low") != "" || published("p") != "" {
		t.Errorf("published: %s, %s", published("mean"), published("source"))
	}
	if reference := find("A & co", "recall@20"); reference("p") != "" || reference("reference") != "" {
		t.Error("the reference differs from itself")
	}
	if d := find("D", "recall@20"); d("failed") != "1" || d("trials") != "1" {
		t.Errorf("D: failed %s", d("failed"))
	}
}

func TestJSONHasEverything(t *testing.T) {
	d := everythingOf(t)
	var b bytes.Buffer
	if err := d.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema int
		Level  float64
		Tables []struct {
			Reference string
			Rows      []struct {
				Method, Source string
				Published      bool
			}
			Differences []struct {
				Metric string
				Rows   []struct {
					Method  string
					P       float64
					Holm    float64 `json:"p_holm"`
					Effects []struct{ Effect string }
				}
			}
			Pairs  []struct{ Pairs []struct{ A, B string } }
			Trials []struct {
				Method, Status, Error string
				Seed                  uint64
			}
			Audit struct{ Gini float64 }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	table := got.Tables[0]
	if got.Schema != EverythingSchema || got.Level != 0.95 || len(got.Tables) != 2 || table.Reference != "A & co" || table.Audit.Gini != 0.5 {
		t.Errorf("got %+v", got)
	}
	if last := table.Rows[len(table.Rows)-1]; !last.Published || last.Source != "arXiv 2402.09617" {
		t.Errorf("got %+v", last)
	}
	if rows := table.Differences[0].Rows; len(rows) != 3 || rows[0].Method != "B_2" || rows[0].P <= 0 || rows[0].Holm < rows[0].P || len(rows[0].Effects) != 5 {
		t.Errorf("got %+v", rows)
	}
	if n := len(table.Pairs[0].Pairs); n != 6 {
		t.Errorf("%d pairs", n)
	}
	status := map[string]int{}
	for _, trial := range table.Trials {
		status[trial.Status]++
		if trial.Status == "failed" && !strings.HasPrefix(trial.Error, "plugin died") {
			t.Errorf("got %+v", trial)
		}
	}
	if status["done"] != 7 || status["failed"] != 1 || status["missing"] != 2 {
		t.Errorf("got %v", status)
	}
}

func TestCSVHasTheGroupsWithTheirUsers(t *testing.T) {
	plan, from := byHand()
	plan.Table.Strata = &experiment.Strata{ItemCount: []int{2}}
	d, err := Detail(plan, from, DetailOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := d.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	// As TestStrataOfThePlanStandInJSONAndCSV has it: mean, seeds, splits, marks, then users and, at the end, the group and its held-out items.
	if want := "Hand,test,M,false,,mrr@2,0.5,,,1,1,false,0,,,,,,,,,,,,,,,1,,,,,,,,item_count,above 2,1\n"; !strings.Contains(b.String(), want) {
		t.Errorf("want %q in\n%s", want, b.String())
	}
}
