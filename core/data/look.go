package data

import (
	"context"
	"errors"

	"cllm4rec/core/contract"
)

// Sample says how much Look has read: whole chunks, so perhaps more than it was
// asked for.
type Sample struct {
	Interactions  int
	Values, Times bool // the interactions have them
	Given         bool // they carry the part of a split that they belong to
	Texts         int  // 0 for a dataset without texts
}

// errEnough ends a stream of which enough has been seen.
var errEnough = errors.New("enough has been read")

// Look reads the first n interactions of a configured dataset and, where it has
// texts, its first n texts, and checks them as Load does: a file that is missing,
// damaged at its start or of another format fails here and not after an hour.
// A dataset ends its stream at the chunk (of about a megabyte) that holds the
// n-th row. Errors are those of Load; ErrBadData for a dataset without any row.
func Look(ctx context.Context, d contract.Dataset, n int) (Sample, error) {
	info, err := d.Info(ctx)
	if err != nil {
		return Sample{}, err
	}
	s, err := lookAtInteractions(ctx, d, n)
	if err != nil {
		return Sample{}, err
	}
	if s.Interactions == 0 {
		return Sample{}, contract.Errorf(contract.ErrBadData, "plugin %s finds no interaction", info.Name)
	}
	if info.Can(contract.CapabilityTexts) {
		s.Texts, err = lookAtTexts(ctx, d, n)
	}
	return s, err
}

func lookAtInteractions(ctx context.Context, d contract.Dataset, n int) (Sample, error) {
	r := newRows()
	err := d.Interactions(ctx, func(c *contract.InteractionChunk) error {
		if err := r.add(c); err != nil || r.len() < n {
			return err
		}
		return errEnough
	})
	return Sample{Interactions: r.len(), Values: r.value != nil, Times: r.time != nil, Given: r.len() > 0 && r.part[0] != inAll}, ended(err)
}

func lookAtTexts(ctx context.Context, d contract.Dataset, n int) (int, error) {
	read := 0
	err := d.Texts(ctx, func(c *contract.TextChunk) error {
		if err := checkTexts(c, read); err != nil {
			return err
		}
		if read += c.Len(); read < n {
			return nil
		}
		return errEnough
	})
	return read, ended(err)
}

// ended takes the end that was asked for as none.
func ended(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
