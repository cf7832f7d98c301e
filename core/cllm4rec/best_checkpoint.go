package cllm4rec

import (
	"context"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
)

// checkpoint keeps the best state of a tower in a file.
type bestCheckpoint struct {
	tower, path string
	kept        bool
	best        float64
}

// offer saves the tower when its score is the first or higher than the best.
func (k *bestCheckpoint) offer(ctx context.Context, b contract.Backbone, score float64) (better bool, err error) {
	if k.kept && score <= k.best {
		return false, nil
	}
	if err := b.SaveTower(ctx, k.tower, k.path); err != nil {
		return false, err
	}
	k.kept, k.best = true, score
	return true, nil
}

// restore puts the best state into the tower's place.
func (k *bestCheckpoint) restore(ctx context.Context, b contract.Backbone) error {
	if !k.kept {
		return nil
	}
	return b.LoadTower(ctx, k.tower, k.path)
}

// checkpointsFolder makes a folder for kept towers and returns its absolute path.
func checkpointsFolder(work string) (string, error) {
	dir, err := os.MkdirTemp(work, "towers-")
	if err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// startCheckpoints are the towers whose best state, not the last, enters
// finetuning. Best is the least mean training loss of an epoch, prior included;
// the content tower's bests of warm-up and pretraining are compared although
// only the latter have a prior, so that the tower may still be the warm-up's
// (src/training.py).
func (f *fitter) startCheckpoints() map[string]*bestCheckpoint {
	checkpoints := map[string]*bestCheckpoint{}
	keep := func(tower string, start Start) {
		if start == Best && f.settings.Finetune.Epochs > 0 {
			checkpoints[tower] = &bestCheckpoint{tower: tower, path: filepath.Join(f.dir, "start-"+tower+".tower")}
		}
	}
	keep(towerCollaborative, f.settings.CollaborativeStart)
	if f.settings.Content {
		keep(towerContent, f.settings.ContentStart)
	}
	return checkpoints
}

// offerStart shows a tower after an epoch to its checkpoint, when it has one.
func (f *fitter) offerStart(ctx context.Context, tower string, r contract.TrainResult) error {
	k, ok := f.starts[tower]
	if !ok {
		return nil
	}
	_, err := k.offer(ctx, f.backbone, -r.Loss)
	return err
}

// restoreStarts puts the kept towers in place before finetuning.
func (f *fitter) restoreStarts(ctx context.Context) error {
	for _, tower := range towers() {
		if k, ok := f.starts[tower]; ok {
			if err := k.restore(ctx, f.backbone); err != nil {
				return err
			}
		}
	}
	return nil
}
