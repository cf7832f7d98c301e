package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMoreMetricsRetrainNothing(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	more := s.file("more.yaml", strings.NewReplacer("name: fakes", "name: more", "[recall@5]", "[recall@5, recall@10, coverage@10]").Replace(fakePlan))
	stdout, _ := s.expect(exitDone, "run", more, "--out", out)
	if !strings.Contains(stdout, "0 trials run, 2 found finished") || !strings.Contains(stdout, "coverage@10") {
		t.Errorf("got\n%s", stdout)
	}
	csv, _ := s.expect(exitDone, "table", out, "--format", "csv")
	for _, line := range []string{"Tastes,Heavy,recall@10,0.", "Tastes,Heavy,coverage@10,0."} {
		if !strings.Contains(csv, line) {
			t.Errorf("want %q in\n%s", line, csv)
		}
	}
	fresh := filepath.Join(s.dir, "fresh")
	s.expect(exitDone, "run", more, "--out", fresh)
	if atOnce, _ := s.expect(exitDone, "table", fresh, "--format", "csv"); atOnce != csv {
		t.Errorf("stored rankings give\n%s\nand measuring at once\n%s", csv, atOnce)
	}
}

func TestMeasureNeedsNoPluginAndNoTraining(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	s.plugins = t.TempDir() // there is none
	stdout, _ := s.expect(exitDone, "measure", out, "--metrics", "ndcg@3,diversity@4,gini@5", "--part", "validation", "--format", "md")
	for _, want := range []string{"| ndcg@3 |", "| Heavy |", "Measured on the validation part", "without interval and test: gini@5"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--metrics", "nddcg@3"}, `did you mean "ndcg@3"`},
		{[]string{"--part", "tests"}, `did you mean "test"`},
		{[]string{"--format", "cvs"}, `did you mean "csv"`},
	} {
		if _, stderr := s.expect(exitBadInput, append([]string{"measure", out}, c.args...)...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want %q in %s", c.args, c.want, stderr)
		}
	}
}

func TestAMetricDeeperThanTheRankingsNamesTheDepth(t *testing.T) {
	s := newShell(t)
	wide := strings.Replace(fakePlan, "plugin: fakedata,", "plugin: fakedata, params: {items: 300},", 1)
	plan, out := s.file("fakes.yaml", wide), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	_, stderr := s.expect(exitBadInput, "measure", out, "--metrics", "recall@100,recall@101")
	if !strings.Contains(stderr, "recall@101 looks at 101 items, and the rankings hold the first 100 of each user") {
		t.Errorf("got %s", stderr)
	}
}

// The folder was written by the first version, from fakes.
func TestTablesOfOldRecordsAreStillPrinted(t *testing.T) {
	s := newShell(t)
	old := filepath.Join("..", "..", "core", "record", "testdata", "schema1")
	want, err := os.ReadFile(filepath.Join(old, "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := s.expect(exitDone, "table", old, "--format", "csv"); got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, stderr := s.expect(exitBadInput, "measure", old, "--metrics", "mrr@5"); !strings.Contains(stderr, "neither values of mrr@5 nor rankings") {
		t.Errorf("got %s", stderr)
	}
}

func TestResultsAreDividedByItemsAndUsers(t *testing.T) {
	s := newShell(t)
	asks := strings.Replace(fakePlan, "against: Popular", "against: Popular, strata: {item_count: [2, 5], user_attributes: [note]}", 1)
	plan, out := s.file("fakes.yaml", strings.Replace(asks, "user_attributes: [note]", "user_activity: [3]", 1)), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	for _, c := range []struct {
		args  []string
		wants []string
	}{
		{[]string{"table", out, "--by", "item_count", "--format", "md"}, []string{`### Tastes by item\_count`, `| item\_count | method | users | held out | recall@5 |`, `| 3\-5 | Heavy |`, "(given borders)"}},
		{[]string{"table", out, "--by", "item_count", "--buckets", "4", "--format", "md"}, []string{`| 0\-4 | Popular |`, "| above 4 | Heavy |"}},
		{[]string{"measure", out, "--metrics", "mrr@3", "--by", "user_activity"}, []string{"Tastes by user_activity", "mrr@3", "above 3"}},
		{[]string{"table", out, "--format", "csv"}, []string{"seeds,by,bucket,users\n", ",item_count,3-5,", ",user_activity,above 3,"}},
		{[]string{"table", out, "--format", "json"}, []string{`"by": "user_activity"`}},
	} {
		stdout, _ := s.expect(exitDone, c.args...)
		for _, want := range c.wants {
			if !strings.Contains(stdout, want) {
				t.Errorf("%v: want %q in\n%s", c.args, want, stdout)
			}
		}
	}
	for want, args := range map[string][]string{
		`did you mean "item_count"`: {"--by", "item_counts"},
		"expected rising numbers":   {"--by", "item_count", "--buckets", "5,5"},
		"which is not given":        {"--buckets", "5"},
	} {
		if _, stderr := s.expect(exitBadInput, append([]string{"table", out}, args...)...); !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q in %s", args, want, stderr)
		}
	}
	fresh := filepath.Join(s.dir, "fresh")
	s.expect(exitDone, "run", s.file("asks.yaml", asks), "--out", fresh)
	if _, stderr := s.expect(exitBadInput, "table", fresh, "--by", "note"); !strings.Contains(stderr, `attribute "note" of users is a text, expected one with groups`) {
		t.Errorf("got %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "validate", s.file("wrong.yaml", strings.Replace(asks, "[2, 5]", "[5, 2]", 1))); !strings.Contains(stderr, "table.strata.item_count") || !strings.Contains(stderr, "expected rising numbers") {
		t.Errorf("got %s", stderr)
	}
}

func TestATableOfMeansHasTheValuesOfTheTable(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	full, _ := s.expect(exitDone, "table", out, "--format", "csv")
	means, _ := s.expect(exitDone, "table", out, "--means", "--format", "csv")
	cells := strings.Split(strings.Split(full, "\n")[1], ",")
	if want := strings.Join(append(cells[:4], "", "", "1"), ","); !strings.Contains(means, want+"\n") {
		t.Errorf("want %s in\n%s", want, means)
	}
	if _, stderr := s.expect(exitBadInput, "table", out, "--means", "--by", "item_count"); !strings.Contains(stderr, "--means and --by item_count: expected one of them") {
		t.Errorf("got %s", stderr)
	}
}
