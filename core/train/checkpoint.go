package train

import "context"

// Mark is the best score so far and where it was reached. The zero value has none.
type Mark struct {
	Epoch int     `json:"epoch"` // from 1; 0: there is none
	Score float64 `json:"score"`
}

// Checkpoint keeps the best state in a file.
type Checkpoint struct {
	Path string
	Best *Mark
}

// Offer saves the state when its score is the first or higher than the best: of
// equal ones the first is kept.
func (c Checkpoint) Offer(ctx context.Context, epoch int, score float64, save func(ctx context.Context, path string) error) (better bool, err error) {
	if c.Best.Epoch > 0 && !(score > c.Best.Score) {
		return false, nil
	}
	if err := save(ctx, c.Path); err != nil {
		return false, err
	}
	*c.Best = Mark{epoch, score}
	return true, nil
}

// Restore puts the best state back, if one was kept.
func (c Checkpoint) Restore(ctx context.Context, load func(ctx context.Context, path string) error) error {
	if c.Best.Epoch == 0 {
		return nil
	}
	return load(ctx, c.Path)
}
