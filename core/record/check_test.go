package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// edited is a saved record with one piece of its record.json replaced.
func edited(t *testing.T, old, by string) (*Store, string) {
	t.Helper()
	s, _ := saved(t)
	path := filepath.Join(s.Folder(key), recordFile)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(raw), old) != 1 {
		t.Fatalf("%q does not stand in the record once:\n%s", old, raw)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(raw), old, by, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func TestARecordEditedByHandIsRefusedByFileAndField(t *testing.T) {
	for _, c := range []struct{ old, by, says string }{
		{`"ndcg@100": 0.65`, `"ndcg@100": 1.65`, "results, test: means: ndcg@100 is 1.65, expected 0 to 1"},
		{`"ndcg@100": 0.65`, `"ndcg@100": -0.1`, "results, test: means: ndcg@100 is -0.1, expected 0 to 1"},
		{`"ndcg@100": 0.65`, `"ncdg@100": 0.65`, `results, test: means: unknown metric "ncdg@100"`},
		{`"coverage@3": 0.75`, `"coverage@3": 7.5`, "results, test: overall: coverage@3 is 7.5, expected 0 to 1"},
		{`"skipped": 1`, `"skipped": 2`, "results, test: users: 2 measured and 2 skipped of 3"},
		{`"depth": 3,`, `"depth": 0,`, "results, test: ranking: there is none"},
		{`"part": "test"`, `"part": "tset"`, `part: it is "tset"`},
		{`"name": "ranking-test.parquet"`, `"name": "../ranking-test.parquet"`, "a file lies outside of the folder"},
		{`"name": "ranking-test.parquet"`, `"name": ".."`, "a file lies outside of the folder"},
		{`"name": "users-test.csv.gz"`, `"name": "/"`, "a file lies outside of the folder"},
		{`"name": "users-test.csv.gz"`, `"name": ""`, "a file lies outside of the folder"},
		{`"lambda": 1.50`, `"lambda": 2`, "train_key: it is"},
		{`"train_key": "`, `"train_key": "0`, "train_key: it is"},
		{`"depth": 3
    }`, `"depth": 300
    }`, "key: it is"},
		{`"fingerprint": "f0`, `"fingerprint": "../`, "data: it does not say in which files they are"},
	} {
		s, path := edited(t, c.old, c.by)
		_, err := s.Load(key)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", c.by, err, c.says)
		}
	}
}

func TestMeansMustAgreeWithThePerUserFile(t *testing.T) {
	for _, c := range []struct{ old, by, says string }{
		{`"ndcg@100": 0.65`, `"ndcg@100": 0.66`, "the mean of ndcg@100 is 0.65, in record.json it is 0.66"},
		{`"ndcg@100": 0.65`, `"ndcg@99": 0.65`, `it has the metrics ["ndcg@100"], the record ["ndcg@99"]`},
	} {
		s, _ := edited(t, c.old, c.by)
		rec, err := s.Load(key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Users(rec, "test")
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "users-test.csv.gz") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v", c.by, err)
		}
	}
}

func TestOldRecordsAreReadAndFinishNothing(t *testing.T) {
	s, err := View(filepath.Join("testdata", "schema1"))
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.All()
	if err != nil || len(all) != 3 {
		t.Fatalf("%d records, error %v", len(all), err)
	}
	for _, rec := range all {
		if rec.Schema != 1 || rec.Status != Done || rec.Finishes() || rec.Data.Texts == 0 || rec.Times.Train <= 0 {
			t.Errorf("got %+v", rec)
		}
		for _, part := range []string{"validation", "test"} {
			users, err := s.Users(rec, part)
			if err != nil || users.Column("recall@5") == nil {
				t.Errorf("%s of %s: %+v, error %v", part, rec.Method, users, err)
			}
			if _, err := s.Rankings(rec, part); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), "run the experiment again") {
				t.Errorf("got %v", err)
			}
		}
		if _, err := s.SplitData(rec); !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
}

// FuzzDecode: whatever stands in a record.json, reading it ends in a record that
// passes its checks or in an error.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"16306d044312c498d32696d5b34c9e6de2cd4cf815f5eba7086fb68f6692e64b", "dee2e6608fedafd9549d812965907275874ea32f9d799077e761d127e15a40f3"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "schema1", "trials", name, recordFile))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"schema": 2, "status": "done", "results": [{"part": "test", "means": {"recall@5": 2}, "per_user": {"name": ""}}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rec, err := decode(raw)
		if err != nil {
			return
		}
		if rec.check(rec.Key) == nil && !keyForm.MatchString(rec.Key) {
			t.Errorf("a record without a key passes: %q", rec.Key)
		}
		_, _ = rec.PeakRSS(), rec.PeakDevice()
	})
}
