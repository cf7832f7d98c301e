package cllm4rec

import (
	"context"
	"encoding/json"

	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// LLM-PreRec ranks with the best epoch of pretraining, all others go on from the last
// one. Whoever pretrains for both watches: it validates as LLM-PreRec does, stores what
// that would select, and goes on to the last epoch, whose result is another one.

// watches reports whether a selection is watched in a stage: in pretraining, while its
// result is made in the fitter's folder.
func (f *fitter) watches(name Stage) bool {
	s := f.in.Sharing
	return name == StagePretrain && s != nil && s.Selected != nil && f.folder.Key == s.Pretrain.Key
}

// reachSelected takes the selected epoch of pretraining, or makes it: for others too,
// where they want the last one.
func (f *fitter) reachSelected(ctx context.Context, names []Stage) error {
	s := f.in.Sharing
	if s.Wanted && !s.Store.Has(s.Selected.Key) {
		if err := f.share(ctx, StagePretrain, *s.Pretrain, names); err != nil {
			return err
		}
		f.startOver()
	}
	return f.share(ctx, StagePretrain, s.Selected.Shared, names)
}

// watch is the loop of a stage with a selection that is watched.
func (f *fitter) watch(loop train.Loop) train.Loop {
	s := f.in.Sharing.Selected
	ranker := *f.model
	// Who selects by another way of ranking shares nothing with this Fit.
	ranker.settings.Cold, ranker.settings.Rank, ranker.build = ColdSettings{}, RankSettings{}, f.build
	loop.Watch, loop.Selection = true, s.Select
	loop.Validate = func(ctx context.Context) (float64, error) { return f.in.Validate(ctx, &ranker, s.Select.Metrics) }
	loop.Done = func(ctx context.Context) error {
		if err := f.watched(ctx, loop.Epochs); err != nil {
			return err
		}
		return f.reached(ctx)
	}
	return loop
}

// watched stores what was selected once that is decided.
func (f *fitter) watched(ctx context.Context, epochs int) error {
	l := f.state.loop(StagePretrain)
	if f.state.Watched || !l.Stopped && l.Epoch < epochs {
		return nil
	}
	r := f.in.Sharing.Selected.Shared
	err := f.in.Sharing.Store.Do(ctx, stage.Job{
		Key: r.Key, About: r.About, Note: f.in.Note,
		Make: func(_ context.Context, work stage.Folder) error { return f.commitSelected(work) },
		Use:  func(stage.Folder, bool) error { return nil },
	})
	f.state.Watched = err == nil
	return err
}

// commitSelected writes the state as it is where the selection ends the training.
func (f *fitter) commitSelected(work stage.Folder) error {
	raw, err := json.Marshal(f.state)
	state := newState()
	if err == nil {
		err = json.Unmarshal(raw, state)
	}
	if err != nil {
		return err
	}
	l := state.loop(StagePretrain)
	if l.Part > 0 {
		l.Epoch, l.Part = l.Epoch+1, 0
	}
	state.Next = len(f.stagePasses(StageWarmup)) + len(f.stagePasses(StagePretrain))
	state.Seconds, state.Taken, state.Resumed, state.Best = f.seconds(), nil, 0, nil
	state.Towers = map[string]string{towerCollaborative: l.Best.File}
	if err := work.Link(f.folder, l.Best.File); err != nil {
		return err
	}
	return work.Commit(state, l.Best.File)
}
