package train

import (
	"context"
	"fmt"
	"path/filepath"
)

// Mark is the best score so far and where it was reached. The zero value has none.
type Mark struct {
	Epoch int     `json:"epoch"` // from 1; 0: there is none
	Score float64 `json:"score"`
	File  string  `json:"file,omitempty"` // that has the state; in the folder of its Checkpoint
}

// Checkpoint keeps the best state in a file. Each better state has a file of its
// own, so that a State on disk names a file that stays as it is; the owner of the
// folder removes those that no Mark names.
type Checkpoint struct {
	Dir  string
	Name string // what the names of its files end in
	Best *Mark
}

// Offer saves the state when its score is the first or higher than the best: of
// equal ones the first is kept. No two calls have the same number.
func (c Checkpoint) Offer(ctx context.Context, number, epoch int, score float64, save func(ctx context.Context, path string) error) (better bool, err error) {
	if c.Best.Epoch > 0 && !(score > c.Best.Score) {
		return false, nil
	}
	file := fmt.Sprintf("%d-%s", number, c.Name)
	if err := save(ctx, filepath.Join(c.Dir, file)); err != nil {
		return false, err
	}
	*c.Best = Mark{epoch, score, file}
	return true, nil
}

// Restore puts the best state back, if one was kept.
func (c Checkpoint) Restore(ctx context.Context, load func(ctx context.Context, path string) error) error {
	if c.Best.Epoch == 0 {
		return nil
	}
	return load(ctx, filepath.Join(c.Dir, c.Best.File))
}
