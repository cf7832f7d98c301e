package record

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

var hash = strings.Repeat("ab", 32)

func sample() (*Record, map[string]*Users) {
	return &Record{
			Schema: Schema, Hash: hash, Status: Done, Experiment: "e", Dataset: "d", Method: "m", Seed: 1,
			Trial: []byte(`{}`), Plugins: []Plugin{{Kind: "recommender", Name: "ease", Params: []byte(`{}`), PeakRSS: 3}, {Kind: "dataset", Params: []byte(`{}`), PeakRSS: 9}},
			Data: Data{Fingerprint: "f"}, Versions: ReadVersions(), Environment: ReadEnvironment(),
			Started: time.Unix(1, 0).UTC(), Finished: time.Unix(2, 0).UTC(),
			Results: []Result{{Part: "test", Means: map[string]float64{"ndcg@100": 0.5}, Users: 3, Skipped: 1}},
		}, map[string]*Users{"test": {
			Users: []string{"u,1", "u\"2", "ü3"}, Metrics: []string{"ndcg@100"}, Values: [][]float64{{1, 0.30000000000000004, 0}},
		}}
}

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func saved(t *testing.T) (*Store, *Record) {
	t.Helper()
	s := open(t)
	rec, users := sample()
	if err := s.Save(rec, users); err != nil {
		t.Fatal(err)
	}
	return s, rec
}

func TestARecordReadsBackAsItWasWritten(t *testing.T) {
	s, rec := saved(t)
	got, err := s.Load(hash)
	if err != nil {
		t.Fatal(err)
	}
	if got.PeakRSS() != 3 || got.Result("test").SHA256 == "" || got.Method != rec.Method || !got.Started.Equal(rec.Started) {
		t.Errorf("got %+v", got)
	}
	users, err := s.Users(got, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, want := sample(); !reflect.DeepEqual(users, want["test"]) {
		t.Errorf("got %+v, want %+v", users, want["test"])
	}
	if got := users.Column("ndcg@100"); !slices.Equal(got, []float64{1, 0.30000000000000004, 0}) {
		t.Errorf("column %v", got)
	}
}

func TestNoRecordIsNotFound(t *testing.T) {
	if _, err := open(t).Load(hash); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestADamagedRecordIsNamedWithTheWayToMendIt(t *testing.T) {
	for name, damage := range map[string]func(string) string{
		"truncated":    func(s string) string { return s[:len(s)/2] },
		"empty":        func(string) string { return "" },
		"unknown key":  func(s string) string { return strings.Replace(s, `"seed"`, `"sead"`, 1) },
		"other hash":   func(s string) string { return strings.Replace(s, hash, strings.Repeat("cd", 32), 1) },
		"other schema": func(s string) string { return strings.Replace(s, `"schema": 1`, `"schema": 99`, 1) },
		"status":       func(s string) string { return strings.Replace(s, `"done"`, `"finished"`, 1) },
		"no results":   func(s string) string { return strings.Replace(s, `"results"`, `"resulte"`, 1) },
		"more follows": func(s string) string { return s + "{}" },
		"path escapes": func(s string) string { return strings.Replace(s, "users-test", "../users-test", 1) },
	} {
		s, _ := saved(t)
		path := filepath.Join(s.Folder(hash), "record.json")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(damage(string(raw))), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = s.Load(hash)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "rm -r "+s.Folder(hash)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestDamagedUserResultsAreNoticed(t *testing.T) {
	s, rec := saved(t)
	path := filepath.Join(s.Folder(hash), "users-test.csv.gz")
	for _, damage := range []string{"", "not gzip"} {
		if err := os.WriteFile(path, []byte(damage), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Users(rec, "test"); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
	}
}

func TestASecondRunOnTheSameFolderIsRefused(t *testing.T) {
	s := open(t)
	if _, err := Open(s.Dir()); !contract.IsBadInput(err) || !strings.Contains(err.Error(), "--out") {
		t.Errorf("got %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}

func TestAFolderThatCannotBeMadeIsOneClearError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "out")); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
	if _, err := View(file); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestSavingLeavesNothingBesideTheFiles(t *testing.T) {
	s, _ := saved(t)
	entries, err := os.ReadDir(s.Folder(hash))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"record.json", "users-test.csv.gz"}; !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
}

func TestThePlanIsReadStrictly(t *testing.T) {
	s := open(t)
	type plan struct {
		Name string `json:"name"`
	}
	var p plan
	if err := s.LoadPlan(&p); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if err := s.SavePlan(plan{"x"}); err != nil {
		t.Fatal(err)
	}
	if err := s.LoadPlan(&p); err != nil || p.Name != "x" {
		t.Errorf("got %+v, %v", p, err)
	}
	if err := s.LoadPlan(&struct{}{}); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("got %v", err)
	}
}

func FuzzDecodeUsers(f *testing.F) {
	_, users := sample()
	good, err := users["test"].encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte("user,x\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := decodeUsers(raw)
		if err != nil {
			return
		}
		for _, v := range u.Values {
			if len(v) != len(u.Users) {
				t.Fatal("columns of unequal length")
			}
		}
	})
}
