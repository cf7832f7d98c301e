package prepared_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/prepared"
)

const key = "0123456789abcdef"

// loaded is a split with everything that a split can have.
func loaded(t testing.TB, o data.Options) *data.Split {
	t.Helper()
	d := contracttest.NewFakeDataset()
	if _, err := d.Configure(context.Background(), json.RawMessage(`{"users": 30}`)); err != nil {
		t.Fatal(err)
	}
	s, err := data.Load(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func everything() data.Options {
	return data.Options{
		Name: "Tastes", Texts: true, Attributes: true, Filter: data.Filter{KCore: 2},
		Split: data.SplitSpec{Method: data.MethodRatio, Validation: 0.2, Test: 0.2},
	}
}

// stored is the split in a new store.
func stored(t testing.TB, s *data.Split) *prepared.Store {
	t.Helper()
	store := prepared.NewStore(filepath.Join(t.TempDir(), "a", "b"))
	if n, err := store.Save(key, json.RawMessage(`{"of":"tests"}`), s); err != nil || n < 1000 {
		t.Fatalf("%d bytes, error %v", n, err)
	}
	return store
}

// plain is a split without what two equal vocabularies differ in.
func plain(s *data.Split) (users, items []string, rest data.Split) {
	rest = *s
	rest.Users, rest.Items = nil, nil
	return s.Users.IDs(), s.Items.IDs(), rest
}

func same(t *testing.T, got, want *data.Split) {
	t.Helper()
	gotUsers, gotItems, gotRest := plain(got)
	wantUsers, wantItems, wantRest := plain(want)
	if !reflect.DeepEqual(gotUsers, wantUsers) || !reflect.DeepEqual(gotItems, wantItems) || !reflect.DeepEqual(gotRest, wantRest) {
		t.Errorf("got %d users, %d items\n%+v\nwant %d users, %d items\n%+v", len(gotUsers), len(gotItems), gotRest, len(wantUsers), len(wantItems), wantRest)
	}
	if data.FingerprintOf(got) != want.Fingerprint {
		t.Error("another fingerprint")
	}
}

func TestOpenGivesWhatLoadGave(t *testing.T) {
	bare, noValidation, temporal, strong := everything(), everything(), everything(), everything()
	strong.Split = data.SplitSpec{Method: data.MethodStrong, Validation: 0.2, Test: 0.2}
	bare.Texts, bare.Attributes = false, false
	noValidation.Split.Validation = 0
	temporal.Split = data.SplitSpec{Method: data.MethodTemporal, Test: 0.2}
	for name, o := range map[string]data.Options{"everything": everything(), "no texts": bare, "no validation": noValidation, "temporal": temporal, "users held out": strong} {
		t.Run(name, func(t *testing.T) {
			want := loaded(t, o)
			store := stored(t, want)
			got, err := store.Open(key, "Tastes")
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
			if i, ok := got.Items.Index(want.Items.ID(3)); !ok || i != 3 {
				t.Errorf("item 3 is found at %d, %v", i, ok)
			}
			if err := store.Verify(key); err != nil {
				t.Error(err)
			}
		})
	}
}

// A field that is not written would be lost without a word.
func TestEveryFieldOfASplitIsWritten(t *testing.T) {
	for of, known := range map[reflect.Type]string{
		reflect.TypeFor[data.Split]():               "Name Users Items Training Validation Test FoldIn Fingerprint Audit",
		reflect.TypeFor[data.Training]():            "Interactions Texts Attributes",
		reflect.TypeFor[data.Interactions]():        "Users Items Ptr Item Value Time",
		reflect.TypeFor[data.Text]():                "Kind User Item Text",
		reflect.TypeFor[contract.TrainAttributes](): "Name Entity Type Rows Words Numbers Sets",
	} {
		for _, field := range reflect.VisibleFields(of) {
			if !strings.Contains(" "+known+" ", " "+field.Name+" ") && !field.Anonymous {
				t.Errorf("%s has the field %s, which this test does not know: write it in split.go, and say so here", of, field.Name)
			}
		}
	}
}

func TestEveryDamageIsFound(t *testing.T) {
	store := stored(t, loaded(t, everything()))
	path := store.Path(key)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := func(raw []byte) {
		if err := errors.Join(os.Remove(path), os.WriteFile(path, raw, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for at := 0; at < len(whole); at += 97 {
		set(whole[:at])
		if _, err := store.Open(key, ""); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "rm "+path) {
			t.Errorf("cut after %d bytes: error %v", at, err)
		}
	}
	padding := 0
	for at := 0; at < len(whole); at += 13 {
		raw := append([]byte(nil), whole...)
		raw[at] ^= 0x10
		set(raw)
		if _, err := store.Open(key, ""); err == nil && raw[at] == 0x10 {
			padding++ // between columns is nothing
		} else if !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "rm "+path) {
			t.Errorf("byte %d changed: error %v", at, err)
		}
	}
	if padding > len(whole)/13/4 {
		t.Errorf("%d of %d changes were not found", padding, len(whole)/13)
	}
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	store := stored(t, loaded(t, everything()))
	if _, err := store.Open("other", ""); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	if err := os.Link(store.Path(key), store.Path("other")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open("other", ""); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "holds the split of the key 0123") {
		t.Errorf("error %v", err)
	}
	raw, err := os.ReadFile(store.Path(key))
	if err != nil {
		t.Fatal(err)
	}
	raw[16]++
	if err := os.WriteFile(store.Path(key), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(key, ""); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "newer version of this program, in form 3") {
		t.Errorf("error %v", err)
	}
	if err := os.Mkdir(store.Path("folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open("folder", ""); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("error %v", err)
	}
}

// One process writes again and again while others open and read.
func TestWritersDoNotDisturbReaders(t *testing.T) {
	want := loaded(t, everything())
	store := stored(t, want)
	held, err := store.Open(key, "Tastes")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for range 30 {
				if _, err := store.Save(key, nil, want); err != nil {
					t.Error(err)
				}
				if s, err := store.Open(key, ""); err != nil || data.FingerprintOf(s) != want.Fingerprint {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	group.Wait()
	same(t, held, want)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(store.Path(key)), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSaveSweepsWhatAKilledProcessLeft(t *testing.T) {
	s := loaded(t, everything())
	store := stored(t, s)
	dir := filepath.Dir(store.Path(key))
	old, young := filepath.Join(dir, ".a.split123"), filepath.Join(dir, ".b.split456")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-25*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Save(key, nil, s); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("the old file is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Error("a file that may be written to is gone")
	}
}
