package claim

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// envWorker makes a test binary a worker: it takes the claim on the path in it.
const envWorker = "TEST_CLAIM_WORKER"

// quick is for tests: a process of this machine that lives is never taken for silent.
var quick = Options{Beat: 5 * time.Millisecond, Stale: time.Hour}

func TestMain(m *testing.M) {
	path := os.Getenv(envWorker)
	if path == "" {
		os.Exit(m.Run())
	}
	if rounds := os.Getenv(envWorker + "_ROUNDS"); rounds != "" {
		os.Exit(count(path, rounds))
	}
	if _, err := NewTaker(quick).Take(path); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("held")
	select {}
}

// count raises the number in a file, so many times, each time under a claim.
func count(path, rounds string) int {
	n, err := strconv.Atoi(rounds)
	t := NewTaker(quick)
	for range n {
		if err == nil {
			err = raise(t, path)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func raise(t *Taker, path string) error {
	c, err := t.Wait(context.Background(), path, nil)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	n, _ := strconv.Atoi(string(raw)) // 0 when there is none
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(os.WriteFile(path, []byte(strconv.Itoa(n+1)), 0o600), c.Release())
}

func worker(t *testing.T, path string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), envWorker+"="+path), env...)
	return cmd
}

// holder starts a process that holds the claim on a path until it is killed, at the latest when the test ends.
func holder(t *testing.T, path string) (kill func()) {
	t.Helper()
	cmd := worker(t, path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	t.Cleanup(kill)
	if said, err := bufio.NewReader(out).ReadString('\n'); said != "held\n" {
		t.Fatalf("the holder says %q, error %v", said, err)
	}
	return kill
}

func TestOneOfManyProcessesHoldsAClaimAtATime(t *testing.T) {
	const processes, rounds = 4, 25
	path := filepath.Join(t.TempDir(), "work")
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			if out, err := worker(t, path, envWorker+"_ROUNDS="+strconv.Itoa(rounds)).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	if raw, err := os.ReadFile(path); err != nil || string(raw) != strconv.Itoa(processes*rounds) {
		t.Errorf("the number is %s after %d times, error %v", raw, processes*rounds, err)
	}
	if left, err := generations(path); err != nil || len(left) != 0 {
		t.Errorf("claims %v are left, error %v", left, err)
	}
}

func TestAHeldClaimNamesItsHolderAndIsFreeAfterRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	mine, yours := NewTaker(quick), NewTaker(quick)
	c, err := mine.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = yours.Take(path)
	var held *HeldError
	if !errors.As(err, &held) || held.By.PID != os.Getpid() || !strings.Contains(err.Error(), "is held by process "+strconv.Itoa(os.Getpid())) {
		t.Errorf("the second Take says %v", err)
	}
	if err := errors.Join(c.Check(), c.Release(), c.Release()); err != nil {
		t.Error(err)
	}
	again, err := yours.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestAClaimOfAProcessThatWasKilledIsFreeAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	kill := holder(t, path)
	taker := NewTaker(quick)
	if _, err := taker.Take(path); err == nil {
		t.Error("the claim was taken from a process that lives")
	}
	kill()
	c, err := taker.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Release(); err != nil {
		t.Error(err)
	}
}

// foreign writes the claim of a process of another machine, whose clock is off.
func foreign(t *testing.T, path string, off time.Duration) {
	t.Helper()
	raw, err := json.Marshal(Holder{ID: "theirs", Host: "far", PID: os.Getpid(), Since: time.Now().Add(off), Place: "far away"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file(path, 3), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	touch(t, path, off)
}

func touch(t *testing.T, path string, off time.Duration) {
	t.Helper()
	at := time.Now().Add(off)
	if err := os.Chtimes(file(path, 3), at, at); err != nil {
		t.Fatal(err)
	}
}

func TestAClaimFromAnotherMachineIsFreeWhenItsBeatStandsStillWhateverItsClock(t *testing.T) {
	for _, off := range []time.Duration{-time.Hour, 0, time.Hour} {
		path := filepath.Join(t.TempDir(), "work")
		foreign(t, path, off)
		now := time.Duration(0)
		taker := NewTaker(Options{Stale: time.Minute})
		taker.since = func() time.Duration { return now }
		held := func(when string) {
			t.Helper()
			if c, err := taker.Take(path); c != nil || !strings.Contains(err.Error(), "on far") {
				t.Errorf("clock off by %s, %s: %v", off, when, err)
			}
		}
		held("at first sight")
		now = 59 * time.Second
		held("before it is stale")
		touch(t, path, off+time.Second)
		now = 100 * time.Second
		held("after a beat")
		now = 159 * time.Second
		held("a minute after the one before the beat")
		now = 160 * time.Second
		c, err := taker.Take(path)
		if err != nil {
			t.Fatalf("clock off by %s: %v", off, err)
		}
		if err := c.Release(); err != nil {
			t.Error(err)
		}
	}
}

func TestAHolderThatWasTakenForDeadLearnsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	frozen, err := NewTaker(quick).Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file(path, frozen.generation+1), []byte("{}"), 0o600); err != nil { // another took it over
		t.Fatal(err)
	}
	<-frozen.Lost() // at its next beat
	var held *HeldError
	if err := frozen.Check(); !errors.As(err, &held) {
		t.Errorf("Check says %v", err)
	}
	if err := frozen.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(file(path, frozen.generation+1)); err != nil {
		t.Errorf("the other's claim: %v", err)
	}
}

func TestAHolderIsOverOnlyWhenThatIsKnown(t *testing.T) {
	for _, c := range []struct {
		began, start string
		over         bool
	}{
		{"100", "100", false}, {"100", "200", true}, {"100", ended, true}, {"", ended, true},
		{"100", "", false}, // another user's, which /proc hides
		{"", "200", false},
	} {
		if got := (Holder{Began: c.began}).over(c.start); got != c.over {
			t.Errorf("began at %q, the process at %q: over is %v", c.began, c.start, got)
		}
	}
}

func TestAClaimThatIsNotWrittenYetIsHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	if err := os.WriteFile(file(path, 1), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := NewTaker(quick).Take(path)
	var held *HeldError
	if want := "does not stand in " + file(path, 1) + " (it was killed, or the machine went down, when that was written): the claim is free once it was seen unchanged for 1h0m0s"; !errors.As(err, &held) || !held.By.Known() || !strings.Contains(err.Error(), want) {
		t.Errorf("Take says %v", err)
	}
}

func TestAClaimIsMadeOnceWhicheverWayTheFileSystemOffers(t *testing.T) {
	for name, publish := range map[string]func(string, []byte) error{"whole": publish, "empty first": publishEmpty} {
		path := filepath.Join(t.TempDir(), "work.1")
		if err := publish(path, []byte("first")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := publish(path, []byte("second")); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: the second says %v", name, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
			t.Errorf("%s: the file holds %q, error %v", name, got, err)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Errorf("%s: there are %v, error %v", name, left, err)
		}
	}
}

func TestTwoThatFollowADeadHolderDoNotBothHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	slow := NewTaker(quick)
	late, err := slow.create(path, 7) // it saw generation 6 dead and was slow to follow
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.settle(late, []int{6}, Holder{}); err != nil {
		t.Fatal(err)
	}
	other, err := slow.create(path, 1) // saw none before generation 7 came
	if err != nil {
		t.Fatal(err)
	}
	if c, err := slow.settle(other, nil, Holder{}); err == nil {
		t.Errorf("both hold the claim: %v", c)
	}
	if err := errors.Join(late.Check(), late.Release()); err != nil {
		t.Error(err)
	}
}

// Between its look and its creation another followed the dead holder and was done, and a
// third took the claim anew.
func TestAClaimThatWasTakenAnewMeanwhileIsNotTakenForTheDeadHolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	third, err := NewTaker(quick).Take(path)
	if err != nil {
		t.Fatal(err)
	}
	slow := NewTaker(quick)
	late, err := slow.create(path, 2)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := slow.settle(late, []int{1}, Holder{ID: "the dead one's"}); err == nil {
		t.Errorf("both hold the claim: %v", c)
	}
	if err := errors.Join(third.Check(), third.Release()); err != nil {
		t.Error(err)
	}
}

func TestSweepGivesBackTheClaimsOfTheDeadAlone(t *testing.T) {
	dir := t.TempDir()
	kill := holder(t, filepath.Join(dir, "dead"))
	taker := NewTaker(quick)
	mine, err := taker.Take(filepath.Join(dir, "mine"))
	if err != nil {
		t.Fatal(err)
	}
	foreign(t, filepath.Join(dir, "far"), 0)
	sweep := func(want int) {
		t.Helper()
		if err := taker.Sweep(dir); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != want {
			t.Errorf("there are %v, error %v; expected %d", left, err, want)
		}
	}
	sweep(3)
	kill()
	sweep(2)
	if err := errors.Join(mine.Check(), mine.Release()); err != nil {
		t.Error(err)
	}
}

func TestWaitEndsWithItsContextAndTellsTheHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "work")
	c, err := NewTaker(quick).Take(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = NewTaker(quick).Wait(ctx, path, func(by Holder) {
		if by.PID != os.Getpid() {
			t.Errorf("held by %v", by)
		}
		cancel()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Wait says %v", err)
	}
	if err := c.Release(); err != nil {
		t.Error(err)
	}
}
