package cllm4rec

import (
	"context"
	"slices"
	"time"

	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// Sharing is where the results of stages lie, which other Fits may share. What each is
// made of is the caller's to know; see Settings.Reaching.
type Sharing struct {
	Store            *stage.Store
	Warmup, Pretrain *Shared // nil where there is no such stage
	// Selected is what selects an epoch of pretraining: this Fit (Settings.SelectsPretraining),
	// else another one, for which pretraining is watched; nil: nobody does.
	Selected *Selected
	// Wanted: other Fits go on from the last epoch of pretraining.
	Wanted bool
	// Finetune and Joint are taken where they are there, and left where Keeps says so; nil
	// where there is no such stage, or nothing to do with others.
	Finetune, Joint *Shared
	// Keeps reports whether one of these two, which took so many seconds, is worth its place.
	Keeps func(r *Shared, seconds float64) bool
}

// Shared is the result of a stage.
type Shared struct {
	Key   string
	About stage.About
}

// Selected is the result of pretraining that a selection chooses.
type Selected struct {
	Shared
	Select train.Selection
}

// Taken is a result of a stage that a Fit took from the store, or made there.
type Taken struct {
	Stage Stage  `json:"stage"`
	Key   string `json:"key"`
	Made  bool   `json:"made,omitempty"`
	// Tokens and Seconds are what the result took, with the stages before it.
	Tokens  int64   `json:"tokens"`
	Seconds float64 `json:"seconds"`
}

// reach runs the stages, from the checkpoint of the folder, or from what the store has.
func (f *fitter) reach(ctx context.Context) error {
	names := slices.DeleteFunc(stages(), func(name Stage) bool { return len(f.stagePasses(name)) == 0 })
	if f.in.Sharing != nil && f.settings.SelectsPretraining() {
		return f.reachSelected(ctx, names)
	}
	return f.upTo(ctx, names)
}

// upTo brings towers and state to the end of the last of some stages.
func (f *fitter) upTo(ctx context.Context, names []Stage) error {
	if len(names) == 0 {
		return f.placeTowers(ctx, f.folder, nil)
	}
	name := names[len(names)-1]
	if r := f.shared(name); r != nil {
		return f.share(ctx, name, *r, names)
	}
	return f.trainUpTo(ctx, names)
}

// shared is the result of a stage in the store; nil where it has none.
func (f *fitter) shared(name Stage) *Shared {
	switch s := f.in.Sharing; {
	case s == nil:
		return nil
	case name == StageWarmup:
		return s.Warmup
	case name == StagePretrain:
		return s.Pretrain
	case name == StageFinetune:
		return s.Finetune
	case name == StageJoint:
		return s.Joint
	}
	return nil
}

// keeps reports whether the result of a stage that was just trained is left for others.
func (f *fitter) keeps(name Stage, r *Shared) bool {
	return name == StageWarmup || name == StagePretrain || f.in.Sharing.Keeps(r, f.state.stageSeconds(name))
}

// trainUpTo trains the last of some stages in the fitter's folder: from the checkpoint
// there, which may be of any of them, else from the end of the stage before.
func (f *fitter) trainUpTo(ctx context.Context, names []Stage) error {
	found, err := f.takeUp(ctx)
	if err != nil {
		return err
	}
	if !found {
		before := names[:len(names)-1]
		if err := f.upTo(ctx, before); err != nil {
			return err
		}
		names = names[len(before):]
	}
	for _, name := range names {
		if err := f.runStage(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// share takes the result of a stage from the store, or makes it there.
func (f *fitter) share(ctx context.Context, name Stage, r Shared, names []Stage) error {
	folder, keep := f.folder, true
	return f.in.Sharing.Store.Do(ctx, stage.Job{
		Key: r.Key, About: r.About, Note: f.in.Note,
		Make: func(ctx context.Context, work stage.Folder) error {
			f.folder = work
			defer func() { f.folder = folder }()
			if err := f.trainUpTo(ctx, names); err != nil {
				return err
			}
			if keep = f.keeps(name, &r); !keep {
				return nil
			}
			return f.commitResult(ctx, name)
		},
		Keep: func() bool { return keep },
		Use: func(result stage.Folder, made bool) error {
			if err := f.takeOver(ctx, result, made); err != nil {
				return err
			}
			if keep {
				f.state.Taken = append(f.state.Taken, Taken{Stage: name, Key: r.Key, Made: made, Tokens: f.state.tokens(), Seconds: f.state.Seconds})
			}
			return nil
		},
		Lost: func() {
			keep = true
			f.startOver()
		},
	})
}

// commitResult makes the end of a stage what others take: what a selection saw on the
// way, and where this Fit had its input from, are no part of it.
func (f *fitter) commitResult(ctx context.Context, name Stage) error {
	if f.watches(name) {
		f.state.forgetSelection(name)
	}
	taken, resumed := f.state.Taken, f.state.Resumed
	defer func() { f.state.Taken, f.state.Resumed = taken, resumed }()
	f.state.Taken, f.state.Resumed = nil, 0
	if f.in.PeakRSS != nil {
		f.state.PeakRSS = max(f.state.PeakRSS, f.in.PeakRSS())
	}
	return f.commit(ctx)
}

// takeOver goes on from a result. Its towers are written anew with the next checkpoint;
// the kept ones are linked into the fitter's folder.
func (f *fitter) takeOver(ctx context.Context, result stage.Folder, made bool) error {
	if !made {
		state := newState()
		if err := result.State(state); err != nil {
			return err
		}
		if err := f.placeTowers(ctx, result, state.Towers); err != nil {
			return err
		}
		state.Taken, state.Resumed = f.state.Taken, f.state.Resumed
		*f.state = *state
		f.before, f.began = state.Seconds, time.Now()
	}
	for tower := range f.state.Towers {
		f.changed[tower] = true
	}
	clear(f.state.Towers)
	return f.folder.Link(result, f.state.files()...)
}
