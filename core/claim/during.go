package claim

import (
	"context"
	"errors"
)

// ErrLost is the error of work that ended because another took its claim over.
var ErrLost = errors.New("another process took the claim over")

// During does work as long as the claim stands, and gives the claim back. ErrLost when
// another took it over before the work was done; the work's context then ends. It is not
// ErrLost when ctx has ended, such as by the loss of a claim around this one: whoever does
// work again upon ErrLost would then do so forever.
func (c *Claim) During(ctx context.Context, work func(context.Context) error) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-c.Lost():
			cancel(ErrLost)
		case <-inner.Done():
		}
	}()
	err := work(inner)
	if err != nil && ctx.Err() == nil && c.isLost() {
		err = ErrLost
	}
	return errors.Join(err, c.Release())
}

func (c *Claim) isLost() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}
