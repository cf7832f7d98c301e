package run_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/record"
)

// envKills is how many kills TestRandomKills does, if more than the six of every day;
// envKillSeed is where they start.
const (
	envKills    = "CLLM4REC_KILLS"
	envKillSeed = "CLLM4REC_KILL_SEED"
)

// envKillMark marks the processes of a test: plugins inherit it.
const envKillMark = "CLLM4REC_KILL_MARK"

// killsPerFolder is how many kills hit one folder of records before it must be complete.
const killsPerFolder = 4

// killsPlan has a pipeline, and a recommender that starts processes of its own.
const killsPlan = `
name: kills
seeds: [1]
datasets:
  - name: Two tastes
    plugin: fakedata
    params: {users: 24, items: 24, per_user: 8, delay: 5}
    split: {method: ratio, validation: 0.15, test: 0.15}
evaluate: {metrics: [recall@5, ndcg@10]}
methods:
  - {name: Parent, recommender: {plugin: fakerec, params: {child: true, delay: 20}}}
  - name: CLLM4Rec
    cllm4rec:
      backbone: {plugin: fakelm, params: {delay: 5}}
      warmup: {epochs: 1}
      pretrain: {epochs: 1, lr: 0.05}
      finetune: {epochs: 1, lr: 0.05}
      select: {metrics: [recall@5]}
`

// killing is a run that is killed again and again.
type killing struct {
	t              *testing.T
	rng            *rand.Rand
	dir, file, tmp string
	mark           string
	wall           time.Duration // about that of a run; kills come within it
	counts         map[string]int
}

// Each run is a process of its own, of which the host or a plugin is killed at a random
// moment. A killed plugin never ends the run; whatever was killed, the next run completes
// with the numbers of a run that nobody killed, no process outlives its host, and no file
// stays behind.
func TestRandomKills(t *testing.T) {
	kills, seed := number(t, envKills, 6), number(t, envKillSeed, 1)
	k := newKilling(t, uint64(seed))
	reference := k.complete(filepath.Join(t.TempDir(), "reference"))
	for done := 0; done < kills; {
		out := filepath.Join(t.TempDir(), fmt.Sprint("out", done))
		for last := min(done+killsPerFolder, kills); done < last && k.kill(out); {
			done++
		}
		if got := k.complete(out); got != reference {
			t.Fatalf("after %d kills the numbers are\n%s\nwithout any\n%s", done, got, reference)
		}
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills from seed %d: %v", kills, seed, k.counts)
}

func number(t *testing.T, variable string, byDefault int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

func newKilling(t *testing.T, seed uint64) *killing {
	t.Helper()
	tmp, err := os.MkdirTemp("", "k") // short enough for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	k := &killing{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: contracttest.PluginDir(t, fakes()...), file: filepath.Join(t.TempDir(), "kills.yaml"),
		tmp: tmp, mark: fmt.Sprintf("%d-%d", os.Getpid(), seed), counts: map[string]int{},
	}
	if err := os.WriteFile(k.file, []byte(killsPlan), 0o644); err != nil {
		t.Fatal(err)
	}
	return k
}

// start starts a run.
func (k *killing) start(out string) (*exec.Cmd, *bytes.Buffer) {
	k.t.Helper()
	self, err := os.Executable()
	if err != nil {
		k.t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), envKillTest+"="+k.dir+":"+out, envKillPlan+"="+k.file, envKillMark+"="+k.mark, "TMPDIR="+k.tmp)
	said := &bytes.Buffer{}
	c.Stderr = said
	if err := c.Start(); err != nil {
		k.t.Fatal(err)
	}
	return c, said
}

// complete runs to the end and gives every number of the records.
func (k *killing) complete(out string) string {
	k.t.Helper()
	began := time.Now()
	c, said := k.start(out)
	if err := c.Wait(); err != nil {
		k.t.Fatalf("a run that nobody kills: %v\n%s", err, said)
	}
	if k.wall == 0 {
		k.wall = time.Since(began)
	}
	k.checkNothingLives()
	if left, err := os.ReadDir(k.tmp); err != nil || len(left) > 0 {
		k.t.Fatalf("in the folder for temporary files there stay %v, %v", left, err)
	}
	return k.numbers(out)
}

func (k *killing) numbers(out string) string {
	k.t.Helper()
	store, err := record.View(out)
	if err != nil {
		k.t.Fatal(err)
	}
	p := storedPlan(k.t, out)
	var text strings.Builder
	for _, trial := range p.Trials {
		rec, err := store.Load(trial.Key)
		if err != nil || rec.Status != record.Done {
			k.t.Fatalf("%s is not finished: %v, %+v", p.Methods[trial.Method].Name, err, rec)
		}
		for _, r := range rec.Results {
			_, _ = fmt.Fprintln(&text, rec.Method, trial.Key, r.Part, r.Users, r.Means, r.PerUser)
		}
	}
	if work := found(k.t, out, "work"); len(work) > 0 {
		k.t.Fatalf("work folders stay: %v", work)
	}
	return text.String()
}

// kill starts a run and kills its host, or one of its plugins, at a random moment. It
// reports whether it did: a run with little left to do may end before.
func (k *killing) kill(out string) bool {
	k.t.Helper()
	c, said := k.start(out)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	moment := time.Duration(k.rng.Int64N(int64(k.wall)))
	select {
	case err := <-ended: // the machine is faster than it was
		k.wall -= k.wall / 4
		k.check(err, said, nothing)
		return false
	case <-time.After(moment):
	}
	k.wall += k.wall / 16
	what := k.strike(c)
	select {
	case err := <-ended:
		k.check(err, said, what)
	case <-time.After(2 * time.Minute):
		_ = c.Process.Kill()
		k.t.Fatalf("the run goes on two minutes after %s was killed", what)
	}
	k.checkNothingLives()
	return what != nothing
}

// nothing was killed.
const nothing = "nothing"

// strike kills something: the host once in three times, or when no plugin comes.
func (k *killing) strike(c *exec.Cmd) string {
	k.t.Helper()
	victim, what := c.Process.Pid, "host"
	if k.rng.IntN(3) > 0 {
		var plugins []int
		for end := time.Now().Add(k.wall / 4); len(plugins) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
			plugins = childrenOf(k.t, c.Process.Pid)
		}
		if len(plugins) > 0 {
			victim = plugins[k.rng.IntN(len(plugins))]
			what = commandOf(victim)
		}
	}
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		return nothing // it had just ended
	}
	return what
}

// check counts a kill; only that of the host may end a run.
func (k *killing) check(err error, said *bytes.Buffer, what string) {
	k.t.Helper()
	k.counts[what]++
	if err != nil && what != "host" {
		k.t.Fatalf("the kill of %s ended the run: %v\n%s", what, err, said)
	}
}

// checkNothingLives waits a moment for the last processes of a run to end.
func (k *killing) checkNothingLives() {
	k.t.Helper()
	var living []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if living = k.living(); len(living) == 0 {
			return
		}
	}
	k.t.Fatalf("processes outlive their host: %v", living)
}

// living are the live processes with the mark, whoever their parent is.
func (k *killing) living() []string {
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		k.t.Fatal(err)
	}
	var living []string
	for _, path := range environs {
		raw, err := os.ReadFile(path)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		marked := slices.Contains(strings.Split(string(raw), "\x00"), envKillMark+"="+k.mark)
		if state, _ := stateOf(pid); err == nil && marked && state != "Z" && state != "" {
			living = append(living, fmt.Sprintf("%d %s", pid, commandOf(pid)))
		}
	}
	return living
}
