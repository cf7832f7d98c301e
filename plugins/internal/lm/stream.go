package lm

import (
	"context"
	"iter"
	"math"
	"sync"
	"time"

	"cllm4rec/core/contract"
)

// cut is some consecutive examples of a stream; first is the number of the first one.
type cut struct {
	docs  []contract.Example
	first int64
}

// batches cuts a stream into batches of n examples, the last one maybe smaller.
// It ends with an error when ctx does.
func batches(ctx context.Context, docs contract.Examples, n int) iter.Seq2[cut, error] {
	return func(yield func(cut, error) bool) {
		c := cutter{n: n, yield: yield}
		for chunk, err := range docs {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(cut{}, err)
				return
			}
			if !c.add(chunk) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(cut{}, err)
			return
		}
		c.flush(len(c.held))
	}
}

type cutter struct {
	n     int
	held  []contract.Example
	first int64
	yield func(cut, error) bool
}

func (c *cutter) add(chunk []contract.Example) bool {
	c.held = append(c.held, chunk...)
	for len(c.held) >= c.n {
		if !c.flush(c.n) {
			return false
		}
	}
	return true
}

func (c *cutter) flush(size int) bool {
	if size == 0 {
		return true
	}
	part := cut{c.held[:size:size], c.first}
	c.held, c.first = c.held[size:], c.first+int64(size)
	return c.yield(part, nil)
}

// ahead runs a sequence in the background, two elements ahead of its reader.
func ahead[T any](sequence iter.Seq2[T, error]) iter.Seq2[T, error] {
	type element struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		elements, stop := make(chan element, 2), make(chan struct{})
		var producer sync.WaitGroup
		defer producer.Wait()
		defer close(stop)
		producer.Go(func() {
			defer close(elements)
			for value, err := range sequence {
				select {
				case elements <- element{value, err}:
				case <-stop:
					return
				}
			}
		})
		for e := range elements {
			if !yield(e.value, e.err) {
				return
			}
		}
	}
}

// ticker reports progress about five times a second.
type ticker struct {
	to    contract.OnProgress
	stage string
	unit  string
	last  time.Time
}

const tick = 200 * time.Millisecond

func (t *ticker) report(done, total, tokens int64, loss float64) {
	if t.to == nil || time.Since(t.last) < tick {
		return
	}
	t.last = time.Now()
	t.to(contract.Progress{Stage: t.stage, Done: done, Total: total, Unit: t.unit, Loss: loss, Tokens: tokens})
}

// finite reports whether a number is neither NaN nor infinite.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
