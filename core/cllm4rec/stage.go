package cllm4rec

import (
	"context"

	"cllm4rec/core/train"
)

// learner is what the loop trains: the passes of one stage, epoch by epoch. The
// tower that ranks is trained before the validation, the other one behind it.
type learner struct {
	f      *fitter
	epochs [][]Pass
}

// Epoch runs the first pass of epoch n.
func (s learner) Epoch(ctx context.Context, n int) ([]train.Entry, error) {
	return s.run(ctx, s.epochs[n-1][:1])
}

// Finish runs the others.
func (s learner) Finish(ctx context.Context, n int) ([]train.Entry, error) {
	return s.run(ctx, s.epochs[n-1][1:])
}

func (s learner) run(ctx context.Context, passes []Pass) (entries []train.Entry, err error) {
	for _, p := range passes {
		e, err := s.f.train(ctx, p)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Save keeps the tower that ranks.
func (s learner) Save(ctx context.Context, path string) error {
	return s.f.backbone.SaveTower(ctx, towerCollaborative, path)
}

// Load brings it back.
func (s learner) Load(ctx context.Context, path string) error {
	return s.f.loadTower(ctx, towerCollaborative, path)
}

// loadTower puts a kept tower in the place of the one that was trained on.
func (f *fitter) loadTower(ctx context.Context, tower, path string) error {
	f.changed[tower] = true
	return f.backbone.LoadTower(ctx, tower, path)
}

// runStage trains a stage from the state on, in the loop that every method learns in.
func (f *fitter) runStage(ctx context.Context, name Stage) error {
	f.model.stage = name
	if name == StageFinetune {
		if err := f.restoreStarts(ctx); err != nil {
			return err
		}
	}
	s := learner{f: f}
	for _, p := range f.stagePasses(name) {
		if p.Epoch > len(s.epochs) {
			s.epochs = append(s.epochs, nil)
		}
		s.epochs[p.Epoch-1] = append(s.epochs[p.Epoch-1], p)
	}
	selection := f.settings.selection(name)
	loop := train.Loop{
		Stage: string(name), Epochs: len(s.epochs), Selection: selection, Dir: f.folder.Dir, Best: f.bestFile(name), Done: f.reached,
		Validate: func(ctx context.Context) (float64, error) { return f.in.Validate(ctx, f.model, selection.Metrics) },
		Log:      func(e train.Entry) { f.state.Log = append(f.state.Log, e) }, Progress: f.in.Progress, Scored: f.in.Scored,
	}
	watches := f.watches(name)
	if watches {
		loop = f.watch(loop)
	}
	err := loop.Run(ctx, s, f.state.loop(name))
	f.state.skip(name, f.passes)
	if err == nil && f.goesOn(name) && !watches {
		f.state.loop(name).Best = train.Mark{} // it is in place, and must not come back over what the next stage makes of it
	}
	return err
}

// goesOn reports whether another stage follows, in this Fit or in one that takes the result.
func (f *fitter) goesOn(name Stage) bool {
	return name != f.settings.last() || name != StagePretrain && f.shared(name) != nil
}

// bestFile is what the files of a stage's best towers end in. Those of a stage before the
// one that ranks lie in the same folder.
func (f *fitter) bestFile(name Stage) string {
	if name == f.settings.ranks() {
		return "best.tower"
	}
	return string(name) + "-best.tower"
}

// stagePasses are the passes of a stage.
func (f *fitter) stagePasses(name Stage) (passes []Pass) {
	for _, p := range f.passes {
		if p.Stage == name {
			passes = append(passes, p)
		}
	}
	return passes
}

// selection is that of the settings in the stage whose tower ranks; elsewhere the
// last epoch's towers go on.
func (s Settings) selection(name Stage) train.Selection {
	switch {
	case name == s.ranks():
		return s.Select
	case name == StagePretrain && s.Pretrain.Select != nil:
		return *s.Pretrain.Select
	default:
		return train.Select{Rule: Last}.Decide()
	}
}

// Validations is how many a Fit has when none ends a stage early. Those by which pretraining
// is watched for another Fit are not counted.
func (s Settings) Validations() int {
	return s.selection(StagePretrain).Validations(s.Pretrain.Epochs) + s.selection(StageFinetune).Validations(s.Finetune.Epochs)
}

// last is the last stage.
func (s Settings) last() Stage {
	if s.Joint != nil {
		return StageJoint
	}
	return s.ranks()
}

// ranks is the stage whose tower ranks, before it is trained jointly.
func (s Settings) ranks() Stage {
	if s.Finetune.Epochs == 0 {
		return StagePretrain
	}
	return StageFinetune
}
