// Package baseline is what the closed-form recommenders have in common: the
// training stream as a sparse matrix, and rankings from rows of scores.
package baseline

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// collect reads the training interactions into a binary user-by-item matrix
// [spec.Users x spec.Items], and gives what stands beside them to beside. Values are
// ignored: an interaction counts as 1. A stream that is out of order, out of range or
// repeats a pair is an ErrBadData that names the interaction.
func collect(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress, beside func(*contract.TrainChunk) error) (*linalg.CSR, error) {
	if spec.Users < 1 || spec.Items < 1 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is nothing to fit: %d users and %d items", spec.Users, spec.Items)
	}
	c := collector{spec: spec, lastUser: make([]int32, spec.Items), x: &linalg.CSR{
		Rows: spec.Users, Cols: spec.Items, Ptr: make([]int, 1, spec.Users+1),
	}}
	for chunk, err := range train {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if err = c.add(chunk); err == nil {
			err = beside(chunk)
		}
		if err != nil {
			return nil, err
		}
		progress.Report(contract.Progress{Stage: "load", Done: int64(c.x.NNZ()), Unit: "row"})
	}
	c.openUser(int32(spec.Users))
	return c.x, ctx.Err()
}

// collector builds the matrix; row len(Ptr)-1 is under way.
type collector struct {
	spec     contract.FitSpec
	x        *linalg.CSR
	lastUser []int32 // per item: 1 + the last user who had it
}

func (c *collector) add(chunk *contract.TrainChunk) error {
	if len(chunk.Users) != len(chunk.Items) {
		return contract.Errorf(contract.ErrBadData, "training interactions from %d on: %d users and %d items", c.x.NNZ(), len(chunk.Users), len(chunk.Items))
	}
	for i, u := range chunk.Users {
		if err := c.addPair(u, chunk.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) addPair(user, item int32) error {
	n := c.x.NNZ()
	switch {
	case user < 0 || int(user) >= c.spec.Users:
		return contract.Errorf(contract.ErrBadData, "training interaction %d: user %d is outside 0..%d", n, user, c.spec.Users-1)
	case item < 0 || int(item) >= c.spec.Items:
		return contract.Errorf(contract.ErrBadData, "training interaction %d: item %d is outside 0..%d", n, item, c.spec.Items-1)
	case int(user) < len(c.x.Ptr)-1:
		return contract.Errorf(contract.ErrBadData, "training interaction %d: user %d comes after user %d; users must rise", n, user, len(c.x.Ptr)-1)
	case c.lastUser[item] == user+1:
		return contract.Errorf(contract.ErrBadData, "training interaction %d: user %d has item %d twice", n, user, item)
	}
	c.openUser(user)
	c.lastUser[item] = user + 1
	c.x.Index = append(c.x.Index, item)
	return nil
}

// openUser ends the rows before user.
func (c *collector) openUser(user int32) {
	for len(c.x.Ptr)-1 < int(user) {
		c.x.Ptr = append(c.x.Ptr, c.x.NNZ())
	}
}
