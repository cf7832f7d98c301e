package record

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// heldOut is split with its last user held out whole.
func heldOut() *data.Split {
	s := split()
	s.Training.Interactions = &data.Interactions{Users: 3, Items: 4, Ptr: []int{0, 2, 3, 3}, Item: []int32{2, 0, 1}}
	s.FoldIn = &data.Interactions{Users: 3, Items: 4, Ptr: []int{0, 0, 0, 2}, Item: []int32{1, 0}}
	return s
}

func TestHistoriesToFoldInReadBackAsTheyWereWritten(t *testing.T) {
	s := open(t)
	files, err := s.SaveData(t.Context(), heldOut())
	if err != nil || files.FoldIn == nil {
		t.Fatalf("files %+v, error %v", files, err)
	}
	rec, parts := sample()
	rec.Data.Files = &files
	if err := s.Save(rec, parts); err != nil {
		t.Fatal(err)
	}
	if rec, err = s.Load(key); err != nil {
		t.Fatal(err)
	}
	got, err := s.SplitData(rec)
	if err != nil || !reflect.DeepEqual(got.FoldIn, heldOut().FoldIn) {
		t.Fatalf("got %+v, error %v", got, err)
	}
	if got.HeldOut(0) || !got.HeldOut(2) || !slices.Equal(got.History(2), []int32{1, 0}) || !slices.Equal(got.History(0), []int32{2, 0}) {
		t.Errorf("histories %v and %v", got.History(0), got.History(2))
	}
	path := filepath.Join(s.dataFolder(rec.Data.Fingerprint), files.FoldIn.Name)
	if err := os.Truncate(path, 40); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SplitData(rec); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestHistoriesThatContradictTheOtherRowsAreRefused(t *testing.T) {
	for words, rows := range map[string][]foldInRow{
		"item 4, outside 0..3":                 {{2, []int32{4}}},
		"a history to fold in, and training":   {{0, []int32{1}}},
		"a row of user 1; expected rising":     {{2, []int32{1}}, {1, []int32{0}}},
		"a row of user 3; expected rising":     {{3, []int32{1}}},
		"a row of user -1; expected rising on": {{-1, []int32{1}}},
	} {
		p, err := splitData(userRows(heldOut()), itemRows(heldOut()))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.addFoldIn(rows); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v: %v, want %q", rows, err, words)
		}
	}
}

func TestSplitsWithoutHeldOutUsersHaveNoFileOfHistories(t *testing.T) {
	_, rec := saved(t)
	if rec.Data.Files.FoldIn != nil {
		t.Errorf("files %+v", rec.Data.Files)
	}
}
