package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cllm4rec/core/claim"
)

// claimsFolder has the claims of the processes that work in a folder of records.
const claimsFolder = "claims"

// Claim takes a piece of work for this process: a trial by its key, or anything else under
// a name of its own. A *claim.HeldError when another has it.
func (s *Store) Claim(name string) (*claim.Claim, error) {
	c, err := s.claims.Take(s.claimPath(name))
	var held *claim.HeldError
	if err != nil && !errors.As(err, &held) {
		err = fmt.Errorf("a claim cannot be taken: %w", err)
	}
	return c, err
}

// Claimed does a piece of work as soon as nobody else does it, and again when another
// process took it over. The work looks first what is left to do.
func (s *Store) Claimed(ctx context.Context, name string, work func(context.Context) error) error {
	for {
		c, err := s.claims.Wait(ctx, s.claimPath(name), nil)
		if err != nil {
			return err
		}
		if err := c.During(ctx, work); !errors.Is(err, claim.ErrLost) {
			return err
		}
	}
}

// Claims lists what processes work at; none in a folder of an earlier version.
func (s *Store) Claims() ([]claim.Held, error) {
	dir := filepath.Join(s.dir, claimsFolder)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return claim.List(dir)
}

func (s *Store) claimPath(name string) string { return filepath.Join(s.dir, claimsFolder, name) }
