package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCompareReadsRecordsAlone(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	s.plugins = t.TempDir() // there is none
	stdout, _ := s.expect(exitDone, "compare", out, "Heavy", "Popular", "--format", "md", "--part", "validation")
	for _, want := range []string{"### Tastes: Heavy less Popular, recall@5", "| paired t-test | t,", "Measured on the validation part", "by activity of the users", "held-out items among the first 5"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"compare"}, "compare needs a DIR"},
		{[]string{"compare", out, "Heavy"}, "two or more methods are compared, and 1 given; known are Popular, Heavy"},
		{[]string{"compare", out, "Heavy", "Populra"}, `did you mean "Popular"`},
		{[]string{"compare", out, "Heavy", "Popular", "--part", "tests"}, `did you mean "test"`},
		{[]string{"compare", out, "Heavy", "Popular", "--format", "csv"}, "not as csv"},
		{[]string{"compare", filepath.Join(s.dir, "nowhere"), "Heavy", "Popular"}, "nowhere"},
	} {
		if _, stderr := s.expect(exitBadInput, c.args...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want %q in %s", c.args, c.want, stderr)
		}
	}
}

func TestRepeatedSplitsKeepTheFirstOnesRecords(t *testing.T) {
	s := newShell(t)
	once, out := s.file("once.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", once, "--out", out)
	thrice := s.file("thrice.yaml", strings.Replace(fakePlan, "test: 0.2}}]", "test: 0.2}, repeat: {splits: 3}}]", 1))
	stdout, _ := s.expect(exitDone, "validate", thrice)
	if !strings.Contains(stdout, "1 data set in 3 splits, 2 methods, 1 seed, 6 trials") {
		t.Errorf("got\n%s", stdout)
	}
	stdout, stderr := s.expect(exitDone, "run", thrice, "--out", out)
	if !strings.Contains(stdout, "4 trials run, 2 found finished") || !strings.Contains(stderr, "Tastes, split 3") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
	table, _ := s.expect(exitDone, "table", out, "--format", "csv")
	if strings.Count(table, "Tastes,Heavy,recall@5,") != 1 {
		t.Errorf("got\n%s", table)
	}
	if splits, _ := s.expect(exitDone, "table", out, "--by", "split"); !strings.Contains(splits, "sd over splits") {
		t.Errorf("got\n%s", splits)
	}
	compared, _ := s.expect(exitDone, "compare", out, "Heavy", "Popular")
	if !strings.Contains(compared, "corrected resampled t-test over splits") {
		t.Errorf("got\n%s", compared)
	}
}
