package lm

import (
	"context"
	"math"
	"time"

	"cllm4rec/core/contract"
)

// batches cuts a stream into batches of n documents and hands each to step with
// the number of its first document. It stops between steps when ctx ends.
func batches(ctx context.Context, docs contract.Documents, n int, step func(batch []contract.Document, first int64) error) error {
	var held []contract.Document
	var first int64
	flush := func(size int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(held[:size], first); err != nil {
			return err
		}
		held, first = held[size:], first+int64(size)
		return nil
	}
	for chunk, err := range docs {
		if err != nil {
			return err
		}
		held = append(held, chunk...)
		for len(held) >= n {
			if err := flush(n); err != nil {
				return err
			}
		}
	}
	if len(held) == 0 {
		return ctx.Err()
	}
	return flush(len(held))
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

// finite tells whether a number is neither NaN nor infinite.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
