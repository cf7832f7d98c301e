package probe

import (
	"math/rand/v2"
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
	l.setThreads(int32(max(1, task.Threads)))
	r.Rate = rate(func(n int32, a, b, c []float32) {
		one, zero := float32(1), float32(0)
		l.sgemm(plain, plain, &n, &n, &n, &one, &a[0], &n, &b[0], &n, &zero, &c[0], &n)
	})
	return r, nil
}

// rate is the best of the runs of a product of n x n matrices within a quarter of a second, in GFLOP/s.
func rate(product func(n int32, a, b, c []float32)) float64 {
	const n = 1024
	rng := rand.New(rand.NewPCG(1, 1))
	a, b, c := random[float32](rng, n*n), random[float32](rng, n*n), make([]float32, n*n)
	product(n, a, b, c)
	var best float64
	for start, runs := time.Now(), 0; runs < 4 || time.Since(start) < time.Second/4; runs++ {
		began := time.Now()
		product(n, a, b, c)
		best = max(best, 2*n*n*n/time.Since(began).Seconds()/1e9)
	}
	return best
}
