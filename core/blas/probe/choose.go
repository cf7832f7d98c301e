package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"cllm4rec/core/blas"
)

// clear is how many times as fast as OpenBLAS's own pick a kernel must be to replace it.
const clear = 1.15

// Settle returns the choice for this machine, and measures and remembers it where none was
// made before, which takes some seconds. It is blas.ErrNone without an OpenBLAS.
func Settle(ctx context.Context) (blas.Choice, error) {
	env := os.Environ()
	c, err := blas.Remembered(env)
	if !errors.Is(err, blas.ErrUnknown) {
		return c, err
	}
	if c, err = Choose(ctx, blas.Library(env), blas.Allowed(), Run); err != nil {
		return c, err
	}
	return c, blas.Remember(env, c)
}

// Choose compares what a library picks by itself with what the processor allows. A kernel with
// wider instructions takes its place when it computes rightly and is clearly faster. It is an
// error when no kernel computes rightly.
func Choose(ctx context.Context, library string, allowed blas.Level, run func(context.Context, Task) (Report, error)) (blas.Choice, error) {
	c := blas.Choice{Library: library, Allowed: allowed.String()}
	own, err := run(ctx, Task{Library: library, Threads: 1})
	c.Version, c.Own.Kernel = own.Version, own.Kernel
	if why := fault(own, err); why != "" {
		c.Refused = append(c.Refused, "its own pick "+own.Kernel+": "+why)
	} else {
		c.Own.Rate, c.Taken = own.Rate, blas.Product{Kernel: own.Kernel, Rate: own.Rate}
	}
	for _, kernel := range blas.Candidates(allowed) {
		if c.Taken.Kernel != "" && blas.LevelOf(c.Taken.Kernel) >= blas.LevelOf(kernel) {
			break
		}
		r, err := run(ctx, Task{Library: library, Kernel: kernel, Threads: 1})
		why := fault(r, err)
		switch {
		case why != "":
		case !strings.EqualFold(r.Kernel, kernel):
			why = fmt.Sprintf("not in this library, which takes %s instead", r.Kernel)
		case r.Rate < clear*c.Own.Rate:
			why = fmt.Sprintf("%.0f GFLOP/s, %s does %.0f", r.Rate, c.Own.Kernel, c.Own.Rate)
		default:
			c.Version, c.Taken = r.Version, blas.Product{Kernel: r.Kernel, Rate: r.Rate}
			continue
		}
		c.Refused = append(c.Refused, kernel+": "+why)
	}
	if err := ctx.Err(); err != nil {
		return c, err
	}
	if c.Taken.Kernel == "" {
		return c, fmt.Errorf("no kernel of %s computes rightly on this processor: %s", library, strings.Join(c.Refused, "; "))
	}
	return c, nil
}

// fault says why a kernel cannot be used, or "".
func fault(r Report, err error) string {
	if err != nil {
		return err.Error()
	}
	return r.Wrong
}
