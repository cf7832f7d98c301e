package chaos

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/sharedtest"
)

// The variables that change what TestKills does.
const (
	envRounds = "CLLM4REC_CHAOS"         // kills (5)
	envSeed   = "CLLM4REC_CHAOS_SEED"    // of all choices (1); moments vary nevertheless
	envBuilt  = "CLLM4REC_CHAOS_PLUGINS" // a folder of plugins: the plan then trains GPT-2, BPR-MF and ItemKNN (fakes, which start in no time)
)

func fakes() []contract.Plugin {
	return []contract.Plugin{contracttest.NewFakeDataset(), contracttest.NewFakeRecommender(), contracttest.NewFakeEpochs(), contracttest.NewFakeBackbone()}
}

func TestMain(m *testing.M) {
	if from, dir, ok := strings.Cut(os.Getenv(envCommits), ":"); ok {
		if err := commit(from, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	contracttest.Main(m, fakes()...)
}

// Whatever is killed and whenever, the next runs end in the bytes of a run that nobody killed.
func TestKills(t *testing.T) {
	rounds, seed := number(t, envRounds, 5), number(t, envSeed, 1)
	dir, err := os.MkdirTemp("", "chaos") // short enough for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	s := &session{dir: dir, tmp: filepath.Join(dir, "tmp"), seed: uint64(seed), told: t.Logf}
	s.build(t)
	ctx := context.Background()
	if deadline, limited := t.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-30*time.Second)) // time for ending what was started
		defer cancel()
	}
	if err := s.run(ctx, rounds); err != nil {
		t.Fatalf("%v\n(the folders are left in %s)", err, dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Error(err)
	}
}

func number(t *testing.T, variable string, byDefault int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s: expected a number from 1", variable, text)
	}
	return n
}

// build builds the program and finds its plugins.
func (s *session) build(t *testing.T) {
	t.Helper()
	s.program = filepath.Join(s.dir, "cllm4rec")
	build := exec.Command("go", "build", "-o", s.program, "./cmd/cllm4rec")
	build.Dir = sharedtest.Repository(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build.Args, err, out)
	}
	s.plugins, s.methods = os.Getenv(envBuilt), real
	if s.plugins == "" {
		s.plugins, s.methods = contracttest.PluginDir(t, fakes()...), fake
	}
	var err error
	if s.strace, err = exec.LookPath("strace"); err != nil {
		t.Log("SKIPPED, NOT CHECKED: kills at system calls, as there is no strace here (Debian package strace)")
	}
}
