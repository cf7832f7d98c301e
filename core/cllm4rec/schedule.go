package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
)

// track is a tower's way through a stage, over which one schedule runs.
type track struct {
	stage Stage
	tower string
}

// scheduled reports whether the learning rate changes within a stage.
func (s OptimiserSettings) scheduled() bool { return s.Schedule != "" || s.WarmUp > 0 }

// planSchedules counts the steps of every stage before any work starts, since a
// cosine must know its end, and refuses a warm-up that outlasts a stage.
func (f *fitter) planSchedules(context.Context) error {
	f.totals, f.steps = map[track]int64{}, map[track]int64{}
	if !f.settings.Optimiser.scheduled() {
		return nil
	}
	s := f.settings
	f.total(StageWarmup, towerContent, s.Warmup.Epochs, f.content)
	f.total(StagePretrain, towerCollaborative, s.Pretrain.Epochs, f.collaborative)
	f.total(StageFinetune, towerCollaborative, s.Finetune.Epochs, f.finetuning)
	if s.Content {
		f.total(StagePretrain, towerContent, s.Pretrain.Epochs, f.content)
		f.total(StageFinetune, towerContent, s.Finetune.Epochs, f.content)
	}
	return f.checkWarmUp()
}

func (f *fitter) checkWarmUp() error {
	warmUp := f.settings.Optimiser.WarmUp
	for _, stage := range stages() {
		for _, tower := range towers() {
			if total := f.totals[track{stage, tower}]; total > 0 && warmUp >= total {
				return contract.Errorf(contract.ErrInvalid, "optimiser.warmup_steps is %d, but the %s tower has %d steps in the stage %s: choose fewer", warmUp, tower, total, stage)
			}
		}
	}
	return nil
}

// total notes the steps of a stage: what a pass has to train on is the same in
// every epoch, only its order and its masks change.
func (f *fitter) total(stage Stage, tower string, epochs int, documents func(pass) source) {
	p := pass{stage: stage, epoch: 1, epochs: epochs, spec: contract.TrainSpec{Tower: tower}}
	if epochs == 0 {
		return
	}
	built, batch := int64(documents(p).count()), int64(f.settings.Batch)
	f.totals[track{stage, tower}] = int64(epochs) * ((built + batch - 1) / batch)
}

// count is the number of documents that are trained on.
func (s source) count() int {
	var t tally
	for _, k := range s.order {
		t.add(s.build(k))
	}
	return t.built
}

// schedule goes on where the tower's last pass of the stage ended.
func (f *fitter) schedule(t track) contract.Schedule {
	s := f.settings.Optimiser
	if !s.scheduled() || f.totals[t] == 0 {
		return contract.Schedule{}
	}
	return contract.Schedule{Kind: s.Schedule, WarmUp: s.WarmUp, Total: f.totals[t], Start: f.steps[t]}
}
