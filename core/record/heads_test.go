package record

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

// heads are those of the sample's key, asked for a minute later, when the files have been
// left alone.
func heads(t *testing.T, s *Store) *Heads {
	t.Helper()
	h, err := s.headsAt([]string{key}, time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// indexed is a folder with one record, which its index has.
func indexed(t *testing.T) (*Store, Head) {
	t.Helper()
	s, _ := saved(t)
	h := heads(t, s)
	if h.Stale() != 1 {
		t.Fatalf("%d heads were read from records", h.Stale())
	}
	if err := s.SaveIndex(h); err != nil {
		t.Fatal(err)
	}
	return s, h.ByKey[key]
}

func TestTheIndexSaysWhatTheRecordSays(t *testing.T) {
	s, read := indexed(t)
	h := heads(t, s)
	if h.Stale() != 0 || !reflect.DeepEqual(h.ByKey[key], read) {
		t.Errorf("%d stale; got %+v, want %+v", h.Stale(), h.ByKey[key], read)
	}
	if !read.Finishes() || read.Plugin != "ease" || read.PeakRSS != 3 || read.Wall() != time.Second || read.Result("test").Means["ndcg@100"] != 0.65 {
		t.Errorf("got %+v", read)
	}
}

func TestARecordThatWasEditedByHandIsReadAgainAndRefused(t *testing.T) {
	s, _ := indexed(t)
	path := s.recordPath(key)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := bytes.Replace(raw, []byte(`"ndcg@100": 0.65`), []byte(`"ndcg@100": 9.65`), 1)
	before, err := identify(path)
	if err != nil {
		t.Fatal(err)
	}
	for after := before; after == before; { // until the file system's clock has ticked
		if err := os.WriteFile(path, edited, 0o644); err != nil { // in place: same inode, same size
			t.Fatal(err)
		}
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		if after, err = identify(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Heads([]string{key}); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "ndcg@100 is 9.65") {
		t.Errorf("got %v", err)
	}
}

func TestARecordThatIsGoneLeavesTheIndex(t *testing.T) {
	s, _ := indexed(t)
	if err := os.RemoveAll(s.Folder(key)); err != nil {
		t.Fatal(err)
	}
	h := heads(t, s)
	if len(h.ByKey) != 0 {
		t.Errorf("got %v", h.ByKey)
	}
	if err := s.SaveIndex(h); err != nil {
		t.Fatal(err)
	}
	if left := s.readIndex(); len(left) != 0 {
		t.Errorf("the index has %v", left)
	}
}

func TestAnIndexThatIsDamagedOrOfAnotherFormIsMadeAnew(t *testing.T) {
	s, read := indexed(t)
	path := filepath.Join(s.Dir(), indexFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{
		"changed":      bytes.Replace(whole, []byte("0.65"), []byte("0.75"), 1),
		"cut off":      whole[:len(whole)/2],
		"empty":        {},
		"another form": bytes.Replace(whole, []byte(`{"form":1`), []byte(`{"form":0`), 1),
	} {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		h := heads(t, s)
		if h.Stale() != 1 || !reflect.DeepEqual(h.ByKey[key], read) {
			t.Errorf("%s: %d stale; got %+v", name, h.Stale(), h.ByKey[key])
		}
		if err := s.SaveIndex(h); err != nil {
			t.Fatal(err)
		}
		if again := heads(t, s); again.Stale() != 0 {
			t.Errorf("%s: it was not made anew", name)
		}
	}
}

func TestAFileThatWasJustWrittenIsNotTrustedYet(t *testing.T) {
	s, _ := saved(t)
	h, err := s.Heads([]string{key})
	if err != nil || len(h.ByKey) != 1 || h.Stale() != 0 {
		t.Errorf("got %+v, error %v", h, err)
	}
}
