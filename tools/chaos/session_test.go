package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// session is all that one call of the command does.
type session struct {
	program, plugins string
	dir, tmp         string // of everything; for temporary files
	plan             string // the file of the experiment
	strace           string // the program; "" where there is none
	seed             uint64
	methods          methods
	told             func(format string, args ...any)

	want outcome       // of the run that nobody killed
	wall time.Duration // what that took

	mu     sync.Mutex
	rng    *rand.Rand
	counts counts
	ids    int // of starts
}

// prepare writes the plan and runs it undisturbed.
func (s *session) prepare(ctx context.Context) error {
	s.rng, s.counts = rand.New(rand.NewPCG(s.seed, 0)), newCounts()
	if err := os.Mkdir(s.tmp, 0o755); err != nil {
		return err
	}
	if err := s.writePlan(); err != nil {
		return err
	}
	b := s.batch("reference", 1, 0)
	began := time.Now()
	if err := b.run(ctx); err != nil {
		return fmt.Errorf("the run that nobody kills: %w", err)
	}
	s.wall = time.Since(began)
	var err error
	if s.want, err = b.outcome(); err != nil {
		return err
	}
	s.told("undisturbed the plan takes %s: %d records, %d stages", s.wall.Round(time.Millisecond), len(s.want.records), len(s.want.stages))
	return nil
}

const (
	killsPerFolder = 12 // that hit one folder of records before its plan must be complete
	tellEvery      = time.Minute
)

// run kills so many times, over as many folders as that takes, and tells how far it is.
func (s *session) run(ctx context.Context, rounds int) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	began, told := time.Now(), time.Now()
	for n := 0; s.counts.kills < rounds; n++ {
		left := rounds - s.counts.kills
		b := s.batch(fmt.Sprintf("folder%d", n), 1+n%2, min(killsPerFolder, left))
		if err := b.check(ctx, s.want); err != nil {
			return fmt.Errorf("%s, from seed %d, after %d kills: %w\n%s", b.name, s.seed, s.counts.kills, err, b.story())
		}
		if time.Since(told) > tellEvery {
			told = time.Now()
			s.told("%s: %d of %d kills", time.Since(began).Round(time.Second), s.counts.kills, rounds)
		}
	}
	s.told("%s, seed %d\n%s", time.Since(began).Round(time.Second), s.seed, s.counts)
	return nil
}

func (s *session) file(name, text string) (string, error) {
	path := filepath.Join(s.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// command is a call of the program with a store; a mark tells its processes from others.
func (s *session) command(mark, store string, args ...string) *exec.Cmd {
	c := exec.Command(s.program, append(args, "--plugins", s.plugins)...)
	c.Env = append(os.Environ(), "TMPDIR="+s.tmp, "XDG_CACHE_HOME="+filepath.Join(s.dir, "cache"), "CLLM4REC_STORE="+store, markVariable+"="+mark)
	return c
}

// must is what a call of the program prints that nobody kills.
func (s *session) must(store string, args ...string) (string, error) {
	c := s.command("undisturbed", store, args...)
	out, err := c.Output()
	if err != nil {
		said := ""
		if exit, ok := err.(*exec.ExitError); ok {
			said = string(exit.Stderr)
		}
		return "", fmt.Errorf("%v: %w\n%s%s", c.Args[1:], err, out, said)
	}
	return string(out), nil
}

// draw is a number from 0 to n-1.
func (s *session) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

// id is a mark that no other start has.
func (s *session) id() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids++
	return fmt.Sprintf("%d-%d", os.Getpid(), s.ids)
}
