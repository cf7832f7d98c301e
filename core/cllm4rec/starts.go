package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
)

// prepareStarts notes the towers whose best state, not the last, enters
// finetuning. Best is the least mean training loss of an epoch, prior included;
// the content tower's bests of warm-up and pretraining are compared although
// only the latter have a prior, so that the tower may still be the warm-up's
// (src/training.py).
func (f *fitter) prepareStarts() {
	keep := func(tower string, start Start) {
		if start == Best && (f.settings.Finetune.Epochs > 0 || f.in.Sharing != nil) { // others may finetune
			f.state.Best[tower] = &train.Mark{}
		}
	}
	keep(towerCollaborative, f.settings.CollaborativeStart)
	if f.settings.Content {
		keep(towerContent, f.settings.ContentStart)
	}
}

// start is the checkpoint of a tower that enters finetuning.
func (f *fitter) start(tower string) (c train.Checkpoint, kept bool) {
	best, kept := f.state.Best[tower]
	return train.Checkpoint{Dir: f.folder.Dir, Name: "start-" + tower + ".tower", Best: best}, kept
}

// offerStart shows a tower after a pass before finetuning to its checkpoint, when
// it has one.
func (f *fitter) offerStart(ctx context.Context, p Pass, r contract.TrainResult) error {
	tower := p.Spec.Tower
	c, kept := f.start(tower)
	if !kept || p.Stage == StageFinetune || p.Stage == StageJoint {
		return nil
	}
	// The mean loss of a pass that was cut may differ in its last digits.
	_, err := c.Offer(ctx, f.state.Next, p.Epoch, -float64(float32(r.Loss)), func(ctx context.Context, path string) error { return f.backbone.SaveTower(ctx, tower, path) })
	return err
}

// restoreStarts puts the kept towers in place before finetuning, once.
func (f *fitter) restoreStarts(ctx context.Context) error {
	for _, tower := range towers() {
		c, kept := f.start(tower)
		if !kept || c.Best.File == "" {
			continue
		}
		if err := c.Restore(ctx, func(ctx context.Context, path string) error { return f.loadTower(ctx, tower, path) }); err != nil {
			return err
		}
		c.Best.File = "" // it is in place
	}
	return nil
}
