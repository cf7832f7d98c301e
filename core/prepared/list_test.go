package prepared_test

import (
	"bytes"
	"os"
	"testing"
	"time"
)

func TestTheListSaysWhenASplitWasWrittenAndLastUsed(t *testing.T) {
	store := stored(t, loaded(t, everything()))
	long := time.Now().Add(-1000 * time.Hour)
	if err := os.Chtimes(store.Path(key), long, long); err != nil {
		t.Fatal(err)
	}
	look := func() (written, used time.Duration) {
		t.Helper()
		entries, err := store.List()
		if err != nil || len(entries) != 1 || store.Verify(key) != nil {
			t.Fatalf("list %+v, error %v", entries, err)
		}
		return time.Since(entries[0].Written), time.Since(entries[0].Used)
	}
	look() // which is no use
	if written, used := look(); written > time.Hour || used < 999*time.Hour {
		t.Errorf("before it is used: written %s ago, used %s ago", written, used)
	}
	if _, err := store.Open(key, ""); err != nil {
		t.Fatal(err)
	}
	if written, used := look(); written > time.Hour || used > time.Hour {
		t.Errorf("behind a use: written %s ago, used %s ago", written, used)
	}
}

func TestTheListReadsHeadersAlone(t *testing.T) {
	store := stored(t, loaded(t, everything()))
	raw, err := os.ReadFile(store.Path(key))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int]bool{200: false, len(raw) - 1: true} { // of a column, of the header
		damaged := bytes.Clone(raw)
		damaged[at] ^= 1
		if err := os.WriteFile(store.Path(key), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		entries, err := store.List()
		if err != nil || len(entries) != 1 || (entries[0].Problem != nil) != want || store.Verify(key) == nil {
			t.Errorf("byte %d: list %+v, error %v", at, entries, err)
		}
	}
}
