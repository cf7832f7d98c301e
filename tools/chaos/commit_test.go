package chaos

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cllm4rec/core/claim"
	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/progress"
	"cllm4rec/core/record"
	"cllm4rec/core/run"
	"cllm4rec/core/stage"
)

// envCommits makes a test binary a process that commits: it holds the folder with a finished
// trial and the folder to work in.
const envCommits = "CHAOS_COMMITS"

// changing are the system calls that change files. A process is killed before the first of a
// kind that its main thread makes, before the second, and so on.
var changing = []string{"fsync", "renameat", "unlinkat", "linkat", "mkdirat", "utimensat"}

// more are calls that stand between those, of which a process makes many.
var more = []string{"openat", "write", "close", "flock"}

// Whatever call of a commit a process does not come to, the folder is whole: it has what was
// there before or what was to be there, and the next process completes it and leaves nothing.
func TestACommitThatIsCutBetweenAnyTwoSystemCallsIsWhole(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, NOT CHECKED: there is no strace here (Debian package strace)")
	}
	calls := changing
	if os.Getenv(envRounds) != "" {
		calls = append(calls, more...)
	}
	from := finishedTrial(t)
	want := read(t, from)
	kills := 0
	for _, call := range calls {
		n := 1
		for ; cutAt(t, strace, call, n, from, want); n++ {
			kills++
		}
		t.Logf("%s: %d", call, n-1)
	}
	if kills < 2*len(changing) {
		t.Errorf("%d kills: the calls are not those that commits make", kills)
	}
	t.Logf("%d kills", kills)
}

// cutAt kills a process at a call, checks what it leaves, lets another complete it and checks
// that. It reports whether the process came to the call.
func cutAt(t *testing.T, strace, call string, n int, from string, want map[string]string) bool {
	t.Helper()
	dir := t.TempDir()
	c := committing(t, from, dir)
	traced := exec.Command(strace, point{call, n}.traced(filepath.Join(t.TempDir(), "log"), c.Args)...)
	traced.Args = append([]string{strace}, traced.Args[2:]...) // without -f: the main thread alone
	traced.Env = c.Env
	out, err := traced.CombinedOutput()
	killed := err != nil && byKill(traced)
	if err != nil && !killed {
		t.Fatalf("%s %d: %v\n%s", call, n, err, out)
	}
	if err := whole(dir); err != nil {
		t.Fatalf("killed before %s %d: %v", call, n, err)
	}
	if out, err := committing(t, from, dir).CombinedOutput(); err != nil {
		t.Fatalf("after a kill before %s %d: %v\n%s", call, n, err, out)
	}
	got := read(t, dir)
	for name, sum := range want {
		if got[name] != sum {
			t.Fatalf("after a kill before %s %d the file %s is %.12s, expected %.12s", call, n, name, got[name], sum)
		}
	}
	for name := range got {
		if _, known := want[name]; !known && !strings.HasPrefix(name, "stages/") && name != "index.json" {
			t.Fatalf("a kill before %s %d leaves %s", call, n, name)
		}
	}
	return killed
}

// read are the digests of the files of a folder, without the index, which has times.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err != nil || d.IsDir() && name != filepath.Join("stages", "work") && d.Name() != "work" {
			return err
		}
		if d.IsDir() {
			if left, err := os.ReadDir(path); err != nil || len(left) > 0 || d.Name() == "work" && !strings.HasPrefix(name, "stages") {
				all[name] = "is left"
			}
			return nil
		}
		raw, err := os.ReadFile(path)
		if all[name] = digestOf(raw); name == "index.json" {
			delete(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func committing(t *testing.T, from, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), envCommits+"="+from+":"+dir, "GOMAXPROCS=2")
	return c
}

// finishedTrial is a folder with one record, and all that it lists.
func finishedTrial(t *testing.T) string {
	t.Helper()
	plugins, err := run.NewHost(contracttest.Host(t, host.Options{Threads: 1}, fakes()...))
	if err != nil {
		t.Fatal(err)
	}
	const text = `{name: one, datasets: [{name: Two tastes, plugin: fakedata, split: {method: ratio, validation: 0.2, test: 0.2}}], evaluate: {metrics: [recall@5]},
  methods: [{name: Only, recommender: {plugin: fakeepochs, train: {epochs: 1, metrics: [recall@5]}}}]}`
	p, err := experiment.Parse(t.Context(), "one.yaml", []byte(text), experiment.Options{Plugins: plugins})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, err := record.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := run.Run(t.Context(), p, run.Options{Store: store, Plugins: plugins, Watch: quiet{}, Threads: 1})
	if err != nil || s.Done != 1 {
		t.Fatalf("%+v, %v", s, err)
	}
	for _, name := range []string{"plans", "data"} { // which no commit below makes
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// quiet hears nothing of a run.
type quiet struct{}

func (quiet) Note(string)                                              {}
func (quiet) Reading(string) contract.OnProgress                       { return nil }
func (quiet) Started(run.Event, *progress.Tracker) contract.OnProgress { return nil }
func (quiet) Ended(run.Event, *record.Record)                          {}
func (quiet) Cached(run.Event, record.Head)                            {}
func (quiet) Planned(*experiment.Plan)                                 {}
func (quiet) Unreadable(dataset string, n int, _ error)                {}

// init keeps what commits on the main thread, whose calls are counted.
func init() {
	if os.Getenv(envCommits) != "" {
		runtime.LockOSThread()
	}
}

// commit does all that a trial with a stage commits, or what is left of it:
// checkpoints, a stage, a record with its files, an index.
func commit(from, dir string) error {
	store, err := record.Open(dir)
	if err != nil {
		return err
	}
	key, err := committed(from, store)
	if err != nil {
		return err
	}
	heads, err := store.Heads([]string{key})
	if err == nil {
		err = store.SaveIndex(heads)
	}
	return errors.Join(err, store.Close())
}

func committed(from string, store *record.Store) (key string, err error) {
	source, err := record.View(from)
	if err != nil {
		return "", err
	}
	keys, err := source.Keys()
	if err != nil {
		return "", err
	}
	key = keys[0]
	rec, err := source.Load(key)
	if err != nil {
		return "", err
	}
	if _, err := store.Load(key); !errors.Is(err, contract.ErrNotFound) {
		return key, err
	}
	c, err := store.Claim(key)
	if err != nil {
		return "", err
	}
	parts := map[string]*record.Part{}
	for _, r := range rec.Results {
		users, err := source.Users(rec, r.Part)
		if err != nil {
			return "", err
		}
		rankings, err := source.Rankings(rec, r.Part)
		if err != nil {
			return "", err
		}
		parts[r.Part] = &record.Part{Users: users, Rankings: rankings}
	}
	work, err := store.WorkDir(key)
	if err == nil {
		err = learn(stage.Folder{Dir: work, Key: key})
	}
	if err == nil {
		err = stages(store.Dir()).Do(context.Background(), stage.Job{
			Key: key, Make: func(_ context.Context, work stage.Folder) error { return learn(work) },
			Use: func(f stage.Folder, _ bool) error { return nil },
		})
	}
	if err == nil {
		err = store.Save(rec, parts)
	}
	return key, errors.Join(err, os.RemoveAll(work), c.Release())
}

func stages(dir string) *stage.Store {
	return stage.NewStore(filepath.Join(dir, "stages"), claim.Options{})
}

// learn goes through three epochs with a checkpoint at each, from where it was.
func learn(work stage.Folder) error {
	epoch := 0
	if err := work.Read(&epoch); err != nil && !errors.Is(err, contract.ErrNotFound) {
		return err
	}
	for epoch++; epoch <= 3; epoch++ {
		name := fmt.Sprintf("%d-tower", epoch)
		if err := os.WriteFile(work.Path(name), []byte(strings.Repeat("weights ", epoch)), 0o600); err != nil {
			return err
		}
		if err := work.Commit(epoch, name); err != nil {
			return err
		}
	}
	return nil
}

// whole reports what of a folder is neither as it was nor as it is to be.
func whole(dir string) error {
	store, err := record.View(dir)
	if errors.Is(err, contract.ErrNotFound) {
		return nil // killed before it made the folders
	}
	if err != nil {
		return err
	}
	records, err := store.All()
	if err != nil {
		return err
	}
	for _, rec := range records {
		for _, r := range rec.Results {
			_, err1 := store.Users(rec, r.Part)
			_, err2 := store.Rankings(rec, r.Part)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
		}
	}
	entries, err := stages(dir).List()
	for _, e := range entries {
		err = errors.Join(err, e.Problem, stages(dir).Verify(e))
	}
	return err
}
