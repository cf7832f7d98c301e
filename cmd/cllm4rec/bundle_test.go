package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestABundleIsVerifiedElsewhereAndTrainedAgain(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	stdout, _ := s.expect(exitDone, "bundle", out)
	if !strings.Contains(stdout, "bundle.zip: 0.0 MB, 2 trials (2 done, 0 failed, 0 not run), sha256 ") {
		t.Errorf("got %s", stdout)
	}
	file := filepath.Join(s.dir, "elsewhere.zip")
	s.expect(exitDone, "bundle", out, "-o", file)
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	if stdout, _ := s.expect(exitDone, "bundle", "verify", file); !strings.Contains(stdout, "2 trials, ") || !strings.Contains(stdout, "elsewhere.zip: nothing differs") {
		t.Errorf("got %s", stdout)
	}
	again := filepath.Join(s.dir, "again")
	stdout, _ = s.expect(exitDone, "bundle", "rerun", file, "--out", again)
	if strings.Count(stdout, "the same to 0; ") != 2 || !strings.Contains(stdout, "Popular, Tastes, seed 1: ") {
		t.Errorf("got %s", stdout)
	}
	if table, _ := s.expect(exitDone, "table", again); !strings.Contains(table, "Heavy") {
		t.Errorf("got %s", table)
	}
	stdout, _ = s.expect(exitDone, "bundle", "rerun", file, "--out", filepath.Join(s.dir, "third"), "--experiment", plan)
	if strings.Count(stdout, "the same to 0; ") != 2 {
		t.Errorf("got %s", stdout)
	}
	some := filepath.Join(s.dir, "some")
	stdout, _ = s.expect(exitDone, "bundle", "rerun", file, "--out", some, "--only", "Heavy")
	if !strings.Contains(stdout, "Heavy, Tastes, seed 1: the same to 0; ") || !strings.Contains(stdout, "1 trial compared") {
		t.Errorf("got %s", stdout)
	}
	if trials, err := os.ReadDir(filepath.Join(some, "trials")); err != nil || len(trials) != 1 {
		t.Errorf("%d trials were run, error %v", len(trials), err)
	}
	if _, stderr := s.expect(exitBadInput, "bundle", "rerun", file, "--out", some, "--only", "Hevy"); !strings.Contains(stderr, `there is no method "Hevy"; did you mean "Heavy"?`) {
		t.Errorf("got %s", stderr)
	}
	other := s.file("other.yaml", strings.ReplaceAll(fakePlan, "weight: 2", "weight: 3"))
	if _, stderr := s.expect(exitBadInput, "bundle", "rerun", file, "--out", filepath.Join(s.dir, "fourth"), "--experiment", other); !strings.Contains(stderr, "Heavy, Tastes, seed 1 is another trial in this experiment than in the bundle") {
		t.Errorf("got %s", stderr)
	}
	renamed := s.file("renamed.yaml", strings.ReplaceAll(fakePlan, "Heavy", "Heavie"))
	if _, stderr := s.expect(exitDone, "bundle", "rerun", file, "--out", filepath.Join(s.dir, "fifth"), "--experiment", renamed); stderr != "" && strings.Contains(stderr, "error") {
		t.Errorf("a name is in no key: %s", stderr)
	}
}

func TestADifferenceInABundleIsExitCode1(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	file := filepath.Join(s.dir, "b.zip")
	s.expect(exitDone, "bundle", out, "-o", file)
	changed := filepath.Join(s.dir, "changed.zip")
	if err := os.WriteFile(changed, replaced(t, file, "bundle.json", `"seeds": 1`, `"seeds": 2`), 0o644); err != nil {
		t.Fatal(err)
	}
	stdout, stderr := s.expect(exitFailure, "bundle", "verify", changed)
	if !strings.Contains(stdout, "differs: the table of Tastes, Popular, recall@5: over 2 seeds and 0 splits, 1 and 0 from the rankings") || !strings.Contains(stderr, "changed.zip: 2 differences") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
	key := replaced(t, file, "", "", "")
	if err := os.WriteFile(changed, key[:len(key)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, stderr := s.expect(exitBadInput, "bundle", "verify", changed); !strings.Contains(stderr, "is no bundle") {
		t.Errorf("got %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "bundle", "rerun", file, "--tolerance", "-1"); !strings.Contains(stderr, "--tolerance -1: expected 0 or more") {
		t.Errorf("got %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "bundle", s.dir); !strings.Contains(stderr, "holds no records") {
		t.Errorf("got %s", stderr)
	}
}

// replaced is an archive with something replaced in one of its files.
func replaced(t *testing.T, file, name, old, new string) []byte {
	t.Helper()
	archive, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = archive.Close() }()
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range archive.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == name {
			if !strings.Contains(string(raw), old) {
				t.Fatalf("%s has no %s", name, old)
			}
			raw = []byte(strings.ReplaceAll(string(raw), old, new))
		}
		w, err := out.Create(f.Name)
		if err == nil {
			_, err = w.Write(raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestABundleHasWhatASearchTriedAndTakesItsChoice(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("tuned.yaml", strings.Replace(fakePlan, "name: Heavy, recommender: {plugin: fakerec, params: {weight: 2}}",
		"name: Heavy, recommender: {plugin: fakerec}, search: {sampler: grid, space: {params.weight: {values: [2, 3]}}}", 1)), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	file := filepath.Join(s.dir, "b.zip")
	if stdout, _ := s.expect(exitDone, "bundle", out, "-o", file); !strings.Contains(stdout, "4 trials (4 done, 0 failed, 0 not run)") {
		t.Errorf("got %s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "bundle", "verify", file); !strings.HasPrefix(stdout, "4 trials, ") {
		t.Errorf("got %s", stdout)
	}
	for _, more := range [][]string{nil, {"--experiment", plan}} {
		again := filepath.Join(t.TempDir(), "again")
		stdout, _ := s.expect(exitDone, append([]string{"bundle", "rerun", file, "--out", again}, more...)...)
		if strings.Count(stdout, "the same to 0; ") != 2 {
			t.Errorf("got %s", stdout)
		}
		if trials, err := os.ReadDir(filepath.Join(again, "trials")); err != nil || len(trials) != 2 {
			t.Errorf("%d trials were run, error %v: the search was made again", len(trials), err)
		}
		if table, _ := s.expect(exitDone, "table", again); !strings.Contains(table, "Heavy") {
			t.Errorf("got %s", table)
		}
	}
}

func TestRecordsWithoutRankingsAreNotBundled(t *testing.T) {
	s := newShell(t)
	old := filepath.Join("..", "..", "core", "record", "testdata", "schema1")
	file := filepath.Join(s.dir, "b.zip")
	if _, stderr := s.expect(exitBadInput, "bundle", old, "-o", file); !strings.Contains(stderr, "is of an earlier version, which kept no rankings") {
		t.Errorf("got %s", stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("something was written")
	}
}

func TestABundleOfRepeatedSplitsIsVerified(t *testing.T) {
	s := newShell(t)
	text := strings.Replace(fakePlan, "name: Tastes,", "name: Tastes, repeat: {splits: 3},", 1)
	text = strings.Replace(text, "metrics: [recall@5]", "metrics: [recall@5, coverage@5]", 1)
	text = strings.Replace(text, "table: {", "table: {strata: {item_count: [3]}, ", 1)
	plan, out := s.file("repeated.yaml", text), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	s.expect(exitDone, "bundle", out)
	stdout, _ := s.expect(exitDone, "bundle", "verify", filepath.Join(out, "bundle.zip"))
	if !strings.HasPrefix(stdout, "6 trials, ") || !strings.Contains(stdout, "nothing differs") {
		t.Errorf("got %s", stdout)
	}
}
