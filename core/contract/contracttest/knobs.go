package contracttest

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"syscall"
	"time"

	"cllm4rec/core/contract"
)

// Knobs make a fake fail. A step is one chunk of a stream or one training step;
// steps of a call count from 1 and 0 means never.
type Knobs struct {
	FailAt  int  `json:"fail_at" jsonschema:"minimum=0,description=step that returns an ErrBadData"`
	NaNAt   int  `json:"nan_at" jsonschema:"minimum=0,description=step whose loss is NaN"`
	DieAt   int  `json:"die_at" jsonschema:"minimum=0,description=step at which the process kills itself"`
	PanicAt int  `json:"panic_at" jsonschema:"minimum=0,description=step that panics"`
	Delay   int  `json:"delay" jsonschema:"minimum=0,description=milliseconds that each step takes"`
	Deaf    bool `json:"deaf" jsonschema:"description=delays go on when the call is cancelled"`
	Chatty  bool `json:"chatty" jsonschema:"description=each step prints to stdout"`
	Busy    int  `json:"busy" jsonschema:"minimum=0,description=milliseconds that each step keeps a processor busy without a word"`
	// Hang and Child are for watchers of processes.
	Hang  string `json:"hang" jsonschema:"default=never,enum=never,enum=Configure,enum=Fit,enum=Epoch,enum=Rank,enum=Close,description=call of the recommender that never returns"`
	Child bool   `json:"child" jsonschema:"description=Configure starts a process that holds stdout and stderr for minutes and whose id it prints"`
}

// hang never returns if the knob names the call.
func (k Knobs) hang(call string) {
	if k.Hang == call {
		select {}
	}
}

// child starts a process that outlives its parent unless somebody ends it.
func (k Knobs) child() error {
	if !k.Child {
		return nil
	}
	child := exec.Command("sleep", "300")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(os.Stderr, "child %d\n", child.Process.Pid)
	return err
}

// step does what the knobs say for step n and reports progress with its loss.
func (k Knobs) step(ctx context.Context, n int, loss float64, progress contract.OnProgress) error {
	if err := k.wait(ctx); err != nil {
		return err
	}
	for end := time.Now().Add(time.Duration(k.Busy) * time.Millisecond); time.Now().Before(end); {
		continue
	}
	if k.Chatty {
		_, _ = fmt.Fprintf(os.Stdout, "a library prints at step %d\n", n)
	}
	if n == k.NaNAt {
		loss = math.NaN()
	}
	progress.Report(contract.Progress{Stage: "fake", Done: int64(n), Unit: "step", Loss: loss})
	switch n {
	case k.FailAt:
		return contract.Errorf(contract.ErrBadData, "step %d fails as asked", n)
	case k.NaNAt:
		return contract.Errorf(contract.ErrNonFinite, "the loss of step %d is NaN as asked", n)
	case k.PanicAt:
		panic(fmt.Sprintf("step %d panics as asked", n))
	case k.DieAt:
		_, _ = fmt.Fprintf(os.Stderr, "step %d kills its process as asked\n", n)
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return nil
}

func (k Knobs) wait(ctx context.Context) error {
	delay := time.Duration(k.Delay) * time.Millisecond
	if k.Deaf {
		time.Sleep(delay)
		return nil
	}
	select {
	case <-time.After(delay):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
