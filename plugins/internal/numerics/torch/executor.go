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
}

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

// errClosed is the answer of an Executor after Close.
var errClosed = errors.New("torch: the executor is closed")

// Start makes an Executor whose operations use so many threads (libtorch's own
// and those of its BLAS); 0 means as many as Go has: every processor, or what the
// host allows its plugins (GOMAXPROCS).
func Start(threads int) (*Executor, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	e := &Executor{jobs: make(chan job), ended: make(chan struct{}), threads: threads}
	go e.run()
	return e, e.Do(func() error { return failure(C.glue_set_threads(C.int(threads))) })
}

func (e *Executor) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer e.Close() // work that ends its goroutine (a panic, a failed test) leaves nobody waiting
	for {
		select {
		case j := <-e.jobs:
			j.run()
		case <-e.ended:
			return
		}
	}
}

// Do runs work on the executor's thread and returns its error. work must not
// call Do itself.
func (e *Executor) Do(work func() error) error {
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
