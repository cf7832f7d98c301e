package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportWritesEveryFormAndSaysHowToReadIt(t *testing.T) {
	s := newShell(t)
	plan := s.file("fakes.yaml", fakePlan)
	for form, want := range map[string][]string{
		"recbole":   {"tastes.train.inter", "plugin: recbole", "review: review"},
		"cllm4rec":  {"train_matrix.npz", "plugin: cllm4rec", "note: users and items are known by their indices"},
		"parquet":   {"interactions.parquet", "plugin: table", "split: {method: given}"},
		"sequences": {"validation.txt", "plugin: sequences", "note: times have no place"},
	} {
		dir := filepath.Join(s.dir, form, "tastes")
		if err := os.Mkdir(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		stdout, _ := s.expect(exitDone, "data", "export", plan, "--format", form, "--to", dir)
		for _, w := range want {
			if !strings.Contains(stdout, w) {
				t.Errorf("%s: want %q in\n%s", form, w, stdout)
			}
		}
		if _, stderr := s.expect(exitBadInput, "data", "export", plan, "--format", form, "--to", dir); !strings.Contains(stderr, "is there already") {
			t.Errorf("got\n%s", stderr)
		}
	}
}

func TestExportSaysWhatItCannotDo(t *testing.T) {
	s := newShell(t)
	plan, to := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "to")
	two := s.file("two.yaml", strings.Replace(fakePlan, "datasets: [", "datasets: [{name: Other, plugin: fakedata, split: {method: leave_one_out}}, ", 1))
	for want, args := range map[string][]string{
		`did you mean "parquet"`: {plan, "--format", "parquets", "--to", to},
		"needs --to":             {plan, "--format", "parquet"},
		"needs --format":         {plan, "--to", to},
		`--dataset says which, one of ["Other" "Tastes"]`: {two, "--format", "parquet", "--to", to},
		`did you mean "Other"`:                            {two, "--format", "parquet", "--to", to, "--dataset", "Otter"},
		"needs one FILE":                                  {"--format", "parquet", "--to", to},
	} {
		if _, stderr := s.expect(exitBadInput, append([]string{"data", "export"}, args...)...); !strings.Contains(stderr, want) {
			t.Errorf("%v: want %q in\n%s", args, want, stderr)
		}
		if _, err := os.Stat(to); err == nil {
			t.Errorf("%v: something was written", args)
		}
	}
}
