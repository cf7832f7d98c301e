package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"

	"golang.org/x/sys/unix"
)

// The content of the sample's trial, and its keys.
const (
	trainContent = `{"seed": 1, "lambda": 1.50, "name": "a<b"}`
	trainKey     = "94ee78cb4e289b72a8076df1bc7b1c343708b4f36420a163f9a010f7ad6fb1bd"
	trial        = `{"train": ` + trainContent + `, "evaluate": {"train": "` + trainKey + `", "depth": 3}}`
	key          = "e133b8b1af2c97b84dbb62db72539862ae91191658d2acfeeca94e373d8f7690"
)

// split is three users over four items; user 1 has no test item.
func split() *data.Split {
	part := func(rows ...[]int32) *data.Interactions {
		x := &data.Interactions{Users: len(rows), Items: 4, Ptr: []int{0}}
		for _, row := range rows {
			x.Item, x.Ptr = append(x.Item, row...), append(x.Ptr, len(x.Item)+len(row))
		}
		return x
	}
	return &data.Split{
		Name: "d", Users: data.NewVocabulary([]string{"u,1", "u\"2", "ü3"}), Items: data.NewVocabulary([]string{"a", "b", "c", "d"}),
		Training:   data.Training{Interactions: part([]int32{2, 0}, []int32{1}, []int32{0}), Texts: []data.Text{{Kind: contract.TextTitle, User: -1, Item: 1, Text: "Béla"}}},
		Validation: part(nil, []int32{0}, nil), Test: part([]int32{1}, nil, []int32{3, 2}),
		Fingerprint: strings.Repeat("f0", 32),
	}
}

func sample() (*Record, map[string]*Part) {
	s := split()
	return &Record{
			Schema: Schema, Key: key, TrainKey: trainKey, Status: Done, Experiment: "e", Dataset: "d", Method: "m", Seed: 1,
			Trial: []byte(trial), Plugins: []Plugin{{Kind: "recommender", Name: "ease", Params: []byte(`{}`), PeakRSS: 3}, {Kind: "dataset", Params: []byte(`{}`), PeakRSS: 9}},
			Data: Data{Fingerprint: s.Fingerprint, Users: 3, Items: 4}, Versions: ReadVersions(), Environment: ReadEnvironment(),
			Started: time.Unix(1, 0).UTC(), Finished: time.Unix(2, 0).UTC(),
			Results: []Result{{Part: "test", Means: map[string]float64{"ndcg@100": 0.65}, Overall: map[string]float64{"coverage@3": 0.75}, Users: 2, Skipped: 1}},
		}, map[string]*Part{"test": {
			Users: &Users{Users: []string{"u\"2", "ü3"}, Metrics: []string{"ndcg@100"}, Values: [][]float64{{1, 0.30000000000000004}}},
			Rankings: &eval.Rankings{Users: []int32{0, 2}, Depth: 3, Lists: []contract.Ranking{
				{Items: []int32{1, 3}, Scores: []float32{2.5, -1}}, {Items: []int32{2, 1, 3}, Scores: []float32{0.5, 0.5, 0.25}},
			}},
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
	rec, parts := sample()
	files, err := s.SaveData(t.Context(), split())
	if err != nil {
		t.Fatal(err)
	}
	rec.Data.Files = &files
	if err := s.Save(rec, parts); err != nil {
		t.Fatal(err)
	}
	return s, rec
}

func TestARecordReadsBackAsItWasWritten(t *testing.T) {
	s, rec := saved(t)
	got, err := s.Load(key)
	if err != nil {
		t.Fatal(err)
	}
	if got.PeakRSS() != 3 || got.Result("test").PerUser.SHA256 == "" || !got.Finishes() || got.Method != rec.Method || !got.Started.Equal(rec.Started) {
		t.Errorf("got %+v", got)
	}
	users, err := s.Users(got, "test")
	if err != nil {
		t.Fatal(err)
	}
	_, want := sample()
	if !reflect.DeepEqual(users, want["test"].Users) {
		t.Errorf("got %+v, want %+v", users, want["test"].Users)
	}
	if got := users.Column("ndcg@100"); !slices.Equal(got, []float64{1, 0.30000000000000004}) {
		t.Errorf("column %v", got)
	}
	rankings, err := s.Rankings(got, "test")
	if err != nil || !reflect.DeepEqual(rankings, want["test"].Rankings) {
		t.Errorf("got %+v, error %v, want %+v", rankings, err, want["test"].Rankings)
	}
}

func TestSomeListsAreThoseOfAllRankings(t *testing.T) {
	s, rec := saved(t)
	got, err := s.Lists(rec, "test", []int32{2, 0})
	_, want := sample()
	if all := want["test"].Rankings.Lists; err != nil || !reflect.DeepEqual(got, []contract.Ranking{all[1], all[0]}) {
		t.Errorf("got %+v, error %v", got, err)
	}
	if _, err := s.Lists(rec, "test", []int32{1}); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("a user who was not measured: %v", err)
	}
	path := filepath.Join(s.Folder(rec.Key), rec.Results[0].Ranking.Name)
	if err := os.WriteFile(path, []byte("PAR1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lists(rec, "test", []int32{0}); !errors.Is(err, contract.ErrBadData) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestTheSplitDataReadBackAsTheyWereWritten(t *testing.T) {
	s, rec := saved(t)
	got, err := s.SplitData(rec)
	if err != nil {
		t.Fatal(err)
	}
	want := split()
	if !slices.Equal(got.Users, want.Users.IDs()) || !slices.Equal(got.Items, want.Items.IDs()) || !slices.Equal(got.Titles, []string{"", "Béla", "", ""}) {
		t.Errorf("got %+v", got)
	}
	for part, x := range map[string][2]*data.Interactions{
		"train": {got.Training, want.Training.Interactions}, "validation": {got.Part(contract.PartValidation), want.Validation}, "test": {got.Part(contract.PartTest), want.Test},
	} {
		if !reflect.DeepEqual(x[0], x[1]) {
			t.Errorf("%s: got %+v, want %+v", part, x[0], x[1])
		}
	}
}

func TestTheSplitDataAreWrittenOnce(t *testing.T) {
	s, rec := saved(t)
	path := filepath.Join(s.dataFolder(rec.Data.Fingerprint), usersFile)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	files, err := s.SaveData(t.Context(), split())
	if err != nil || files != *rec.Data.Files {
		t.Errorf("got %+v, error %v, want %+v", files, err, rec.Data.Files)
	}
	if after, err := os.Stat(path); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the file was written again (%v)", err)
	}
	other := split()
	other.Test.Item[0] = 3
	if _, err := s.SaveData(t.Context(), other); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) {
		t.Errorf("other data under the same fingerprint: %v", err)
	}
}

func TestDamagedFilesAreNamed(t *testing.T) {
	for name, read := range map[string]func(*Store, *Record) error{
		"trials/" + key + "/users-test.csv.gz":               func(s *Store, rec *Record) error { _, err := s.Users(rec, "test"); return err },
		"trials/" + key + "/ranking-test.parquet":            func(s *Store, rec *Record) error { _, err := s.Rankings(rec, "test"); return err },
		"data/" + strings.Repeat("f0", 32) + "/" + usersFile: func(s *Store, rec *Record) error { _, err := s.SplitData(rec); return err },
		"data/" + strings.Repeat("f0", 32) + "/" + itemsFile: func(s *Store, rec *Record) error { _, err := s.SplitData(rec); return err },
	} {
		s, rec := saved(t)
		path := filepath.Join(s.Dir(), name)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/2] ^= 1
		for what, content := range map[string][]byte{"nothing": nil, "one bit": raw} {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := read(s, rec); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "rm -r ") {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
	}
}

func TestAFailureDoesNotReplaceAFinishedRecord(t *testing.T) {
	s, rec := saved(t)
	failure := *rec
	failure.Status, failure.Error, failure.Results = Failed, "it broke", nil
	if err := s.Save(&failure, nil); err != nil {
		t.Fatal(err)
	}
	got, err := s.Load(key)
	if err != nil || got.Status != Done {
		t.Errorf("got %+v, error %v", got, err)
	}
	if _, err := s.Rankings(got, "test"); err != nil {
		t.Error(err)
	}
}

func TestHalfWrittenFilesThatNobodyWritesAreSweptByTheNextRunAndNothingElse(t *testing.T) {
	s, rec := saved(t)
	keep := []string{".hidden", "trials/" + key + "/.record.json.swp", "trials/" + key + "/.record.json", "trials/" + key + "/notes-12"}
	gone := []string{".plan.json123", "plans/.e.1-0123456789ab.json7", "trials/" + key + "/.record.json42", "trials/" + key + "/.ranking-test.parquet7",
		"data/" + rec.Data.Fingerprint + "/.users.parquet99"}
	for _, name := range slices.Concat(keep, gone) {
		if err := os.WriteFile(filepath.Join(s.Dir(), name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writes, err := s.Claim(key)
	if err != nil {
		t.Fatal(err)
	}
	reopen(t, s)
	if _, err := os.Stat(filepath.Join(s.Dir(), gone[2])); err != nil {
		t.Errorf("swept while its trial is claimed: %v", err)
	}
	if err := writes.Release(); err != nil {
		t.Fatal(err)
	}
	reopen(t, s)
	for _, name := range keep {
		if _, err := os.Stat(filepath.Join(s.Dir(), name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	for _, name := range gone {
		if _, err := os.Stat(filepath.Join(s.Dir(), name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestTheCheckpointsOfAFinishedTrialGoButNotThoseOfOneThatRunsAgainOrOfAnother(t *testing.T) {
	s, _ := saved(t)
	unfinished := strings.Repeat("cd", 32)
	stays := func(key string, want bool) {
		t.Helper()
		reopen(t, s)
		if _, err := os.Stat(filepath.Join(s.Folder(key), workFolder)); (err == nil) != want {
			t.Errorf("the checkpoints of %.4s: %v; expected there to be some: %v", key, err, want)
		}
	}
	checkpoint := func(key string, age time.Duration) {
		t.Helper()
		dir, err := s.WorkDir(key)
		if err != nil {
			t.Fatal(err)
		}
		path, at := filepath.Join(dir, "manifest.json"), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint(unfinished, time.Hour)
	stays(unfinished, true)
	checkpoint(key, -time.Minute) // newer than the record: the trial runs again
	stays(key, true)
	checkpoint(key, time.Hour)
	c, err := s.Claim(key)
	if err != nil {
		t.Fatal(err)
	}
	stays(key, true) // somebody works there
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	stays(key, false)
}

// reopen opens a folder as another process would.
func reopen(t *testing.T, s *Store) {
	t.Helper()
	again, err := Open(s.Dir())
	if err == nil {
		err = again.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFolderThatAnEarlierVersionHasForItselfIsRefused(t *testing.T) {
	s := open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	earlier, err := os.OpenFile(filepath.Join(s.Dir(), "lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(earlier.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(s.Dir()); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "earlier version of the program has this folder for itself") {
		t.Errorf("got %v", err)
	}
	if err := earlier.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, s)
}

func TestAFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	s := open(t)
	claims := filepath.Join(s.Dir(), claimsFolder)
	if err := os.Chmod(claims, 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(key); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), claims) {
		t.Errorf("got %v", err)
	}
}

func TestWritingUsesTheFoldersOwnTemporaryNames(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none")) // nothing can be written there
	s, _ := saved(t)
	if _, err := s.Load(key); err != nil {
		t.Error(err)
	}
}

func TestNoRecordIsNotFound(t *testing.T) {
	if _, err := open(t).Load(key); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestADamagedRecordIsNamedWithTheWayToMendIt(t *testing.T) {
	for name, damage := range map[string]func(string) string{
		"truncated":    func(s string) string { return s[:len(s)/2] },
		"empty":        func(string) string { return "" },
		"unknown key":  func(s string) string { return strings.Replace(s, `"seed"`, `"sead"`, 1) },
		"other key":    func(s string) string { return strings.Replace(s, key, strings.Repeat("cd", 32), 1) },
		"other schema": func(s string) string { return strings.Replace(s, `"schema": 2`, `"schema": 99`, 1) },
		"status":       func(s string) string { return strings.Replace(s, `"done"`, `"finished"`, 1) },
		"no results":   func(s string) string { return strings.Replace(s, `"results"`, `"resulte"`, 1) },
		"more follows": func(s string) string { return s + "{}" },
		"path escapes": func(s string) string { return strings.Replace(s, "users-test", "../users-test", 1) },
	} {
		s, _ := saved(t)
		path := filepath.Join(s.Folder(key), "record.json")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(damage(string(raw))), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err = s.Load(key)
		if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "rm -r "+s.Folder(key)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
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
	entries, err := os.ReadDir(s.Folder(key))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"ranking-test.parquet", "record.json", "users-test.csv.gz"}; !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
}

func FuzzDecodeUsers(f *testing.F) {
	_, users := sample()
	good, err := users["test"].Users.encode()
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
