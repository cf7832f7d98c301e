package torch

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

func TestAnOperationOutsideOfDoIsAnErrorAndRecordsNothing(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, use := range map[string]func(*Scope){
		"an operation": func(s *Scope) { s.Zeros(2) },
		"grad mode":    func(s *Scope) { s.NoGrad(func() { t.Error("the body runs") }) },
		"checkpoint": func(s *Scope) {
			s.Checkpoint(func(*Scope, ...*Tensor) *Tensor { t.Error("the body runs"); return nil })
		},
	} {
		s := e.Scope(CPU)
		if use(s); !errors.Is(s.Err(), errElsewhere) {
			t.Errorf("%s: got %v", name, s.Err())
		}
	}
	if e.Live() != 0 {
		t.Errorf("%d tensors are alive", e.Live())
	}
}

func TestAScopeBelongsToTheThreadOfItsOwnExecutor(t *testing.T) {
	one, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	s := one.Scope(CPU)
	if err := other.Do(func() error { s.Zeros(2); return s.Err() }); !errors.Is(err, errElsewhere) {
		t.Errorf("got %v", err)
	}
}

func TestDoInsideDoIsAnErrorAndTheExecutorGoesOn(t *testing.T) {
	e, err := Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Do(func() error { return e.Do(func() error { return nil }) }); !errors.Is(err, errNested) {
		t.Errorf("got %v", err)
	}
	if err := e.Do(func() error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestTheThreadOfAClosedExecutorIsNobodys has many goroutines take the threads that closed
// executors gave back.
func TestTheThreadOfAClosedExecutorIsNobodys(t *testing.T) {
	for range 20 {
		e, err := Start(1)
		if err != nil {
			t.Fatal(err)
		}
		e.Close()
		taken := make(chan bool)
		for range 16 {
			go func() {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				taken <- e.here()
			}()
		}
		for range 16 {
			if <-taken {
				t.Fatal("another goroutine runs on what it takes for the executor's thread")
			}
		}
	}
}

func TestTooSmallALimitOnAddressSpaceIsASentence(t *testing.T) {
	out, err := exec.Command("sh", "-c", `ulimit -v 2500000 && exec "$1" -test.run '^$'`, "sh", os.Args[0]).CombinedOutput()
	ours := strings.Contains(string(out), "ulimit -v unlimited")
	loaders := strings.Contains(string(out), "failed to map segment") // the libraries of CUDA alone are larger than the limit
	if err == nil || strings.Count(string(out), "\n") != 1 || !ours && !loaders {
		t.Errorf("%v: %s", err, out)
	}
}
