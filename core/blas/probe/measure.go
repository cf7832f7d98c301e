package probe

import (
	"math/rand/v2"
	"syscall"
	"time"
)

// measure loads the library of a task and looks at the kernel that it took.
func measure(task Task) (Report, error) {
	l, err := open(task.Library)
	if err != nil {
		return Report{}, err
	}
	r := Report{Version: l.version(), Kernel: l.kernel()}
	l.setThreads(4) // results on threads are split otherwise
	if r.Wrong = l.check(); r.Wrong != "" {
		return r, nil
	}
	clock := wall
	if task.Threads <= 1 { // other work on the machine is no fault of a kernel
		clock = processor
	}
	l.setThreads(int32(max(1, task.Threads)))
	r.Rate = rate(clock, func(n int32, a, b, c []float32) {
		one, zero := float32(1), float32(0)
		l.sgemm(plain, plain, &n, &n, &n, &one, &a[0], &n, &b[0], &n, &zero, &c[0], &n)
	})
	return r, nil
}

// wall is the time since some moment.
func wall() time.Duration { return time.Since(began) }

var began = time.Now()

// processor is the processor time of this process.
func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail for the process itself
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rate is the best of the runs of a product of n x n matrices within a quarter of a second by a
// clock, in GFLOP/s.
func rate(clock func() time.Duration, product func(n int32, a, b, c []float32)) float64 {
	const n = 1024
	rng := rand.New(rand.NewPCG(1, 1))
	a, b, c := random[float32](rng, n*n), random[float32](rng, n*n), make([]float32, n*n)
	product(n, a, b, c)
	var best float64
	for start, runs := clock(), 0; runs < 4 || clock()-start < time.Second/4; runs++ {
		before := clock()
		product(n, a, b, c)
		best = max(best, 2*n*n*n/(clock()-before).Seconds()/1e9)
	}
	return best
}
