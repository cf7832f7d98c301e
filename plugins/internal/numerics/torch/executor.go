package torch

// #include "glue.h"
import "C"

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// Executor runs work on one locked OS thread, one piece at a time.
type Executor struct {
	jobs    chan job
	ended   chan struct{}
	once    sync.Once
	threads int
	live    atomic.Int64
	number  int64 // from 1, another for every executor of the process
}

var executors atomic.Int64

type job struct {
	work func() error
	done chan<- error
}

// run answers even when work ends its goroutine instead of returning.
func (j job) run() {
	err := errEnded
	defer func() { j.done <- err }()
	err = j.work()
}

var errEnded = errors.New("torch: the work ended without returning")

// errNested is the answer of Do to work that calls Do: it would wait for itself.
var errNested = errors.New("torch: Do is called by work of the same executor, which would wait for itself")

// errElsewhere is what an operation outside of Do gets: libtorch keeps gradient mode and errors
// per thread, so that it would silently record no gradient.
var errElsewhere = errors.New("it is called outside of the executor's thread: use it inside Do")

// errClosed is the answer of an Executor after Close.
var errClosed = errors.New("torch: the executor is closed")

// Start makes an Executor whose operations use so many threads (libtorch's own
// and those of its BLAS); 0 means as many as Go has: every processor, or what the
// host allows its plugins (GOMAXPROCS).
func Start(threads int) (*Executor, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &Executor{jobs: make(chan job), ended: make(chan struct{}), threads: threads, number: executors.Add(1)}
	go e.run()
	return e, e.Do(func() error { return failure(C.glue_set_threads(C.int(threads))) })
}

func (e *Executor) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.glue_claim(C.int64_t(e.number))
	defer C.glue_claim(0) // the thread goes on to serve other goroutines
	defer e.Close()       // work that ends its goroutine (a panic, a failed test) leaves nobody waiting
	for {
		select {
		case j := <-e.jobs:
			j.run()
		case <-e.ended:
			return
		}
	}
}

// here reports whether the caller runs on the executor's thread.
func (e *Executor) here() bool { return int64(C.glue_owner()) == e.number }

// Do runs work on the executor's thread and returns its error. Work that calls Do
// itself gets an error from it.
func (e *Executor) Do(work func() error) error {
	if e.here() {
		return errNested
	}
	done := make(chan error, 1)
	select {
	case e.jobs <- job{work, done}:
		return <-done
	case <-e.ended:
		return errClosed
	}
}

// Close ends the executor after the work in hand. Tensors stay allocated until
// their scopes are closed, so close those first.
func (e *Executor) Close() { e.once.Do(func() { close(e.ended) }) }

// Threads is the number of threads of one operation.
func (e *Executor) Threads() int { return e.threads }

// Live is the number of tensor handles that are alive: flat from step to step
// unless something leaks.
func (e *Executor) Live() int64 { return e.live.Load() }
