package cllm4rec

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cllm4rec/core/stage"
)

// workFolder is the folder of the input, or one that end removes. The end of ctx may mean
// that another process writes in the input's: then its files stay.
func workFolder(ctx context.Context, given *stage.Folder) (folder stage.Folder, end func() error, err error) {
	if given != nil {
		return *given, func() error {
			if ctx.Err() != nil {
				return nil
			}
			return given.Sweep()
		}, nil
	}
	dir, err := os.MkdirTemp("", "towers-")
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	return stage.Folder{Dir: dir}, func() error { return os.RemoveAll(dir) }, err
}

// reached is called where the training can go on from: it writes a checkpoint when
// one is due, and lets go of the files that nothing needs.
func (f *fitter) reached(ctx context.Context) error {
	if f.in.Pace.Due() {
		return f.in.Pace.Write(func() error { return f.commit(ctx) })
	}
	return f.folder.Sweep(f.state.files()...)
}

// commit writes a checkpoint: the towers that changed since the last one, and the
// state, which makes it valid.
func (f *fitter) commit(ctx context.Context) error {
	for _, tower := range slices.Sorted(maps.Keys(f.changed)) { // the same names in every run
		f.state.Saves++
		name := fmt.Sprintf("%d-%s.tower", f.state.Saves, tower)
		if err := f.backbone.SaveTower(ctx, tower, f.folder.Path(name)); err != nil {
			return err
		}
		f.state.Towers[tower] = name
	}
	clear(f.changed)
	f.state.Seconds = f.seconds()
	return f.folder.Commit(f.state, f.state.files()...)
}

// seconds is the time that the state took, in all processes.
func (f *fitter) seconds() float64 { return f.before + time.Since(f.began).Seconds() }

// takeUp goes on from the checkpoint of the folder, if there is one.
func (f *fitter) takeUp(ctx context.Context) (found bool, err error) {
	state := newState()
	found, err = f.folder.Resume(state, func() error { return f.placeTowers(ctx, f.folder, state.Towers) }, f.in.Note)
	if found {
		*f.state = *state
		f.state.Resumed++
		f.before, f.began = state.Seconds, time.Now()
	}
	return found, err
}

// startOver forgets what was trained.
func (f *fitter) startOver() {
	*f.state = *newState()
	f.before, f.began = 0, time.Now()
	f.model.stage = f.settings.ranks()
	clear(f.changed)
	f.prepareStarts()
}
