package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportWritesEveryFormBesideTheRecords(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	s.plugins = t.TempDir() // there is none
	for _, f := range resultForms() {
		stdout, _ := s.expect(exitDone, "export", out, "--format", f.name)
		if !strings.HasPrefix(stdout, filepath.Join(out, f.file)) {
			t.Errorf("%s: got %s", f.name, stdout)
		}
		if _, err := os.Stat(filepath.Join(out, f.file)); err != nil {
			t.Errorf("%s: %v", f.name, err)
		}
	}
	stdout, _ := s.expect(exitDone, "export", out, "--format", "latex", "-o", "-", "--columns", "recall@5,trials", "--sort", "method", "--against", "Heavy", "--label", "tab:fakes", "--caption", "Fakes", "--bare", "--legend", "none", "--part", "validation")
	for _, want := range []string{"\\caption{Fakes}\n\\label{tab:fakes}", "method & recall@5 & trials \\\\\n\\midrule\nHeavy & 0."} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	if stdout, _ := s.expect(exitDone, "export", out, "--format", "csv", "-o", "-"); !strings.Contains(stdout, "\nTastes,test,Heavy,false,,recall@5,0.") || !strings.Contains(stdout, ",item_count,") {
		t.Errorf("got\n%s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "export", out, "--format", "csv", "-o", "-", "--against", "Heavy"); !strings.Contains(stdout, ",Heavy,0,") {
		t.Errorf("got\n%s", stdout)
	}
	if _, stderr := s.expect(exitBadInput, "export", out, "--format", "latex", "--columns", "recal@5"); !strings.Contains(stderr, `did you mean "recall@5"?`) {
		t.Errorf("got\n%s", stderr)
	}
	s.expect(exitDone, "table", out) // what lies beside the records is in nobody's way
}

func TestExportRefusesWhatItWouldNotDo(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--format", "latxe"}, `did you mean "latex"?`},
		{nil, `--format "": expected one of latex, csv, json, parquet, tensorboard, mlflow, croissant`},
		{[]string{"--format", "csv", "--sort", "x"}, "--sort does nothing with --format csv: it is for latex"},
		{[]string{"--format", "parquet", "--against", "x"}, "it is for latex, csv, json"},
		{[]string{"--format", "csv", "--label", "x"}, "--label does nothing with --format csv: it is for latex"},
		{[]string{"--format", "latex", "--strata", "all"}, "it is for csv, json"},
		{[]string{"--format", "mlflow", "--part", "test"}, "--part does nothing with --format mlflow"},
		{[]string{"--format", "parquet", "-o", "-"}, "parquet cannot be printed"},
		{[]string{"--format", "csv"}, "holds no records"},
		{[]string{"--format", "csv", "--part", "tset"}, `did you mean "test"?`},
	} {
		if _, stderr := s.expect(exitBadInput, append([]string{"export", s.dir}, c.args...)...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want %q in\n%s", c.args, c.want, stderr)
		}
	}
}

func TestTrialsAreSentToAServerWhosePasswordIsNotShown(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"experiment": {"experiment_id": "7"}, "run": {"info": {"run_id": "r"}}}`)
	}))
	defer server.Close()
	stdout, stderr := s.expect(exitDone, "export", out, "--format", "mlflow", "-o", strings.Replace(server.URL, "//", "//me:secret@", 1))
	if !strings.Contains(stdout, ": 2 runs sent, 0 were there") || strings.Contains(stdout+stderr, "secret") {
		t.Errorf("got %s%s", stdout, stderr)
	}
}
