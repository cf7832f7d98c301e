package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cllm4rec/core/claim"
)

// quick looks at claims often.
var quick = claim.Options{Beat: 10 * time.Millisecond, Stale: time.Hour}

// job makes a result with one file, and counts how often.
func job(t *testing.T, key string, made, used *atomic.Int32) Job {
	return Job{
		Key: key, About: About{What: "warm-up of " + key},
		Make: func(_ context.Context, work Folder) error {
			made.Add(1)
			put(t, work, "1-a.tower", "content")
			return work.Commit(state{7}, "1-a.tower")
		},
		Use: func(result Folder, _ bool) error {
			used.Add(1)
			s := state{}
			raw, err := os.ReadFile(result.Path("1-a.tower"))
			if err = errors.Join(err, result.State(&s)); err == nil && (s.Epoch != 7 || string(raw) != "content") {
				err = fmt.Errorf("it reads %q and %+v", raw, s)
			}
			return err
		},
	}
}

func do(t *testing.T, s *Store, j Job) {
	t.Helper()
	if err := s.Do(t.Context(), j); err != nil {
		t.Fatal(err)
	}
}

func TestAResultIsMadeOnceAndUsedByAll(t *testing.T) {
	dir := t.TempDir()
	var made, used atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		store := NewStore(dir, quick) // as another process would have
		all.Go(func() {
			if err := store.Do(t.Context(), job(t, "abc", &made, &used)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 || used.Load() != 6 {
		t.Errorf("made %d times, used %d times", made.Load(), used.Load())
	}
	if left, err := os.ReadDir(filepath.Join(dir, claimsDir)); err != nil || len(left) > 0 {
		t.Errorf("claims %v are left, error %v", left, err)
	}
}

func TestWorkThatFailedIsTakenUp(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	broken := errors.New("the plugin died")
	j := Job{Key: "abc", Use: func(Folder, bool) error { return nil }}
	j.Make = func(_ context.Context, work Folder) error {
		put(t, work, "1-a.tower", "half")
		return errors.Join(work.Commit(state{3}, "1-a.tower"), broken)
	}
	if err := store.Do(t.Context(), j); !errors.Is(err, broken) || store.Has("abc") {
		t.Fatalf("error %v", err)
	}
	j.Make = func(_ context.Context, work Folder) error {
		s := state{}
		if err := work.Read(&s); err != nil || s.Epoch != 3 {
			t.Errorf("it finds %+v, error %v", s, err)
		}
		return work.Commit(state{9}, "1-a.tower")
	}
	do(t, store, j)
	if !store.Has("abc") {
		t.Error("there is no result")
	}
}

func TestOneThatLosesItsClaimUsesWhatTheOtherMakes(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	var made, used, lost atomic.Int32
	j := job(t, "abc", &made, &used)
	work := j.Make
	other := filepath.Join(store.dir, claimsDir, "abc.99")
	j.Lost = func() { lost.Add(1) }
	j.Make = func(ctx context.Context, f Folder) error {
		if err := os.WriteFile(other, []byte("{}"), 0o600); err != nil { // another took it over
			return err
		}
		<-ctx.Done()
		return errors.Join(ctx.Err(), work(t.Context(), f), store.commit(f), os.Remove(other)) // and finishes
	}
	do(t, store, j)
	if made.Load() != 1 || used.Load() != 1 || lost.Load() != 1 {
		t.Errorf("made %d times, used %d times, lost %d times", made.Load(), used.Load(), lost.Load())
	}
}

func TestAMakerThatHasLostItsClaimPutsNothingInPlace(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	var made, used atomic.Int32
	j := job(t, "abc", &made, &used)
	work := j.Make
	other := filepath.Join(store.dir, claimsDir, "abc.99")
	j.Make = func(ctx context.Context, f Folder) error {
		if made.Load() > 0 {
			return work(ctx, f)
		}
		return errors.Join(work(ctx, f), os.WriteFile(other, []byte("{}"), 0o600)) // it does not know yet
	}
	j.Lost = func() {
		if store.Has("abc") {
			t.Error("there is a result")
		}
		if err := errors.Join(os.Remove(other), os.Remove(filepath.Join(store.dir, claimsDir, "abc.1"))); err != nil { // as who takes one over does
			t.Error(err)
		}
	}
	do(t, store, j)
	if made.Load() != 2 || used.Load() != 1 {
		t.Errorf("made %d times, used %d times", made.Load(), used.Load())
	}
}

func TestAResultThatIsGoneBeforeItIsUsedIsAnError(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	var made, used atomic.Int32
	j := job(t, "abc", &made, &used)
	work := j.Make
	j.Make = func(ctx context.Context, f Folder) error {
		return errors.Join(work(ctx, f), os.Remove(f.Path("1-a.tower")))
	}
	if err := store.Do(t.Context(), j); err == nil || !strings.Contains(err.Error(), "removed or damaged when it was just made") || used.Load() != 0 {
		t.Errorf("used %d times, error %v", used.Load(), err)
	}
}

func TestADamagedResultIsSaidAndMadeAnew(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	var made, used atomic.Int32
	j := job(t, "abc", &made, &used)
	do(t, store, j)
	put(t, store.Result("abc"), "1-a.tower", "CONTENT")
	var said string
	j.Note = func(text string) { said = text }
	do(t, store, j)
	if made.Load() != 2 || !strings.Contains(said, "another checksum") {
		t.Errorf("made %d times, said %q", made.Load(), said)
	}
}

func TestAStoreThatCannotBeUsedIsAnError(t *testing.T) {
	dir := t.TempDir()
	var made, used atomic.Int32
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewStore(file, quick).Do(t.Context(), job(t, "abc", &made, &used)); err == nil || !strings.Contains(err.Error(), "--store off does without") {
		t.Errorf("a file as a store: %v", err)
	}
	store := NewStore(dir, quick)
	do(t, store, job(t, "abc", &made, &used))
	manifest := store.Result("abc").Path(ManifestFile)
	raw, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store.Result("abc"), ManifestFile, strings.Replace(string(raw), `"form": 1`, `"form": 2`, 1))
	if err := store.Do(t.Context(), job(t, "abc", &made, &used)); err == nil || !strings.Contains(err.Error(), "form 2; this program reads form 1") || made.Load() != 1 {
		t.Errorf("a result of a newer program: %v, made %d times", err, made.Load())
	}
}

func TestAStoreThatCanOnlyBeReadGivesWhatItHas(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	dir := t.TempDir()
	var made, used atomic.Int32
	store := NewStore(dir, quick)
	do(t, store, job(t, "abc", &made, &used))
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	do(t, store, job(t, "abc", &made, &used))
	if err := store.Do(t.Context(), job(t, "xyz", &made, &used)); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsInUseIsNotRemoved(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	var made, used atomic.Int32
	j := job(t, "abc", &made, &used)
	j.Use = func(Folder, bool) error {
		entries, err := store.List()
		if err != nil || len(entries) != 1 || entries[0].About.What != "warm-up of abc" || entries[0].Size != 7 || entries[0].Problem != nil {
			t.Errorf("list %+v, error %v", entries, err)
		}
		if kept, err := store.Remove(entries[0]); kept == nil || err != nil {
			t.Errorf("kept %v, error %v", kept, err)
		}
		return nil
	}
	do(t, store, j)
	entries, err := store.List()
	if err != nil || store.Verify(entries[0]) != nil {
		t.Fatalf("%v, %v", entries, err)
	}
	if kept, err := store.Remove(entries[0]); kept != nil || err != nil || store.Has("abc") {
		t.Errorf("kept %v, error %v", kept, err)
	}
}

func TestWorkUnderWayIsNotRemoved(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	other := NewStore(store.dir, quick)
	look := func(want bool) {
		t.Helper()
		entries, err := other.List()
		if err != nil || len(entries) != 1 || !entries[0].Work {
			t.Fatalf("list %+v, error %v", entries, err)
		}
		if kept, err := other.Remove(entries[0]); (kept == nil) != want || err != nil {
			t.Errorf("kept %v, error %v", kept, err)
		}
	}
	broken := errors.New("broken")
	j := Job{Key: "abc", Make: func(context.Context, Folder) error { look(false); return broken }}
	if err := store.Do(t.Context(), j); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	look(true)
}

func TestAResultThatIsNotWorthItsPlaceIsUsedAndLeavesNothing(t *testing.T) {
	store := NewStore(t.TempDir(), quick)
	for range 2 {
		var made, used atomic.Int32
		j := job(t, "abc", &made, &used)
		j.Keep = func() bool { return false }
		do(t, store, j)
		if made.Load() != 1 || used.Load() != 1 || store.Has("abc") {
			t.Errorf("made %d times, used %d times, kept %v", made.Load(), used.Load(), store.Has("abc"))
		}
	}
	for _, dir := range []string{workDir, claimsDir} {
		if left, err := os.ReadDir(filepath.Join(store.dir, dir)); err != nil || len(left) > 0 {
			t.Errorf("%s holds %v, error %v", dir, left, err)
		}
	}
}
