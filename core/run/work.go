package run

import (
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/stage"
)

// openWork makes the folder of the trial's checkpoints, which stays when the trial
// is killed or fails: the next run goes on there. What decides the trained model is
// the key of its checkpoints.
func (x *execution) openWork() error {
	dir, err := x.Store.WorkDir(x.event.Trial.Key)
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	x.work = stage.Folder{Dir: dir, Key: x.event.Trial.TrainKey}
	return err
}

// closeWork removes the folder when the trial has its record, or has left no
// checkpoint. What stays behind by a failure here does no harm.
func (x *execution) closeWork(done bool) {
	if x.work.Dir == "" {
		return
	}
	if _, err := os.Stat(x.work.Path(stage.ManifestFile)); done || err != nil {
		_ = os.RemoveAll(x.work.Dir)
	}
}

// note tells of the trial what somebody should know.
func (x *execution) note(text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.Watch.Note(fmt.Sprintf("%s on %s, seed %d: %s", x.event.Method, x.event.Dataset, x.event.Trial.Seed, text))
}
