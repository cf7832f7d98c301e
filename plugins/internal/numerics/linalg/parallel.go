package linalg

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Threads is n, or all that Go may use when n is 0 or less.
func Threads(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Parallel cuts 0..n-1 into blocks of at most block and works them off on
// threads goroutines, each with its own number worker. It stops at the first
// error, which it returns, and when ctx ends.
func Parallel(ctx context.Context, n, block, threads int, work func(worker, lo, hi int) error) error {
	var (
		next    atomic.Int64
		workers sync.WaitGroup
		once    sync.Once
		failed  error
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for worker := range threads {
		workers.Go(func() {
			for ctx.Err() == nil {
				lo := int(next.Add(int64(block))) - block
				if lo >= n {
					return
				}
				if err := work(worker, lo, min(lo+block, n)); err != nil {
					once.Do(func() { failed = err })
					cancel()
				}
			}
		})
	}
	workers.Wait()
	if failed != nil {
		return failed
	}
	if int(next.Load()) < n {
		return ctx.Err()
	}
	return nil
}
