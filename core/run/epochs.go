package run

import (
	"context"
	"fmt"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// stageTrain is what training in epochs is called in messages and in the log.
const stageTrain = "train"

// learner is a recommender plugin as what the loop trains.
type learner struct {
	trainer contract.EpochTrainer
	state   contract.Stateful // nil when the plugin has none; then the last epoch's model ranks
	seed    uint64
	epochs  int
	x       *execution
}

// Epoch trains one epoch under a seed of its own.
func (l learner) Epoch(ctx context.Context, n int) ([]train.Entry, error) {
	start, name := time.Now(), fmt.Sprintf("%s %d/%d", stageTrain, n, l.epochs)
	r, err := l.trainer.Epoch(ctx, contract.EpochSpec{Number: n, Seed: train.EpochSeed(l.seed, n)}, func(p contract.Progress) {
		p.Stage = name
		if p.Total > 0 {
			l.x.epochs(float64(n-1)+float64(p.Done)/float64(p.Total), l.epochs)
		}
		l.x.progress.Report(p)
	})
	l.x.epochs(float64(n), l.epochs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []train.Entry{{Loss: &r.Loss, Seconds: time.Since(start).Seconds(), Steps: r.Steps, Examples: r.Examples, PeakMemory: r.PeakMemory}}, nil
}

// Save and Load are called only when the best is selected, which takes a state.
func (l learner) Save(ctx context.Context, path string) error { return l.state.Save(ctx, path) }

// Load brings a saved state back.
func (l learner) Load(ctx context.Context, path string) error { return l.state.Load(ctx, path) }

// learned is how far the training of a recommender is, beside the file of its state.
type learned struct {
	Loop    train.State   `json:"loop"`
	Log     []train.Entry `json:"log"`
	File    string        `json:"file"` // of the plugin's state
	Seconds float64       `json:"seconds"`
	Resumed int           `json:"resumed"` // how often a process went on from a checkpoint
	// PeakRSS is of the process that trained, in bytes; of a result in the store alone.
	PeakRSS int64 `json:"peak_rss,omitempty"`
}

// learn trains the plugin in the loop that every method learns in.
func (m *recommender) learn(ctx context.Context, spec contract.FitSpec, data contract.Train) error {
	trainer, ok := m.plugin.(contract.EpochTrainer)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "recommender plugin %s says that it learns in epochs and does not", m.info.Name)
	}
	l := learner{trainer: trainer, state: m.state(), seed: spec.Seed, epochs: m.settings.Epochs, x: m.x}
	if m.settings.Rule == train.Best && (l.state == nil || m.x.split.Validation == nil) {
		return contract.Errorf(contract.ErrInvalid, "the best epoch needs a validation part and a plugin with the capability %q: say train: {rule: last}", contract.CapabilityState)
	}
	if err := trainer.Begin(ctx, spec, data); err != nil {
		return err
	}
	c := &checkpoints{m: m, state: l.state, began: time.Now()}
	if err := c.resume(ctx); err != nil {
		return err
	}
	m.x.epochs(float64(m.learned.Loop.Epoch), l.epochs)
	loop := train.Loop{
		Stage: stageTrain, Epochs: m.settings.Epochs, Selection: m.settings.Selection, Dir: m.work.Dir, Best: "best.state",
		Validate: func(ctx context.Context) (float64, error) { return m.x.score(ctx, m.plugin, m.settings.Metrics) },
		Log:      func(e train.Entry) { m.learned.Log = append(m.learned.Log, e) }, Done: c.reached, Progress: m.x.progress, Scored: m.x.tracker.Scored,
	}
	return loop.Run(ctx, l, &m.learned.Loop)
}

// checkpoints are those of a recommender that learns in epochs.
type checkpoints struct {
	m     *recommender
	state contract.Stateful // nil: there are none
	pace  *stage.Pace
	began time.Time
}

// resume takes up a checkpoint where there is one.
func (c *checkpoints) resume(ctx context.Context) error {
	if c.state == nil {
		return nil
	}
	x, work, l := c.m.x, c.m.work, learned{}
	c.pace = stage.NewPace(x.Checkpoint)
	found, err := work.Resume(&l, func() error { return c.state.Load(ctx, work.Path(l.File)) }, x.note)
	if found {
		c.m.learned, c.m.before = l, l.Seconds
		c.m.learned.Resumed++
	}
	return err
}

// reached writes a checkpoint when one is due, and lets go of the files that nothing
// needs.
func (c *checkpoints) reached(ctx context.Context) error {
	if !c.pace.Due() {
		return c.m.work.Sweep(c.m.learned.Loop.Best.File)
	}
	return c.pace.Write(func() error { return c.commit(ctx) })
}

func (c *checkpoints) commit(ctx context.Context) error {
	l, work := &c.m.learned, c.m.work
	l.File = fmt.Sprintf("%d.%d-model.state", l.Loop.Epoch, l.Loop.Part)
	if err := c.state.Save(ctx, work.Path(l.File)); err != nil {
		return err
	}
	l.Seconds = c.m.before + time.Since(c.began).Seconds()
	files := []string{l.File}
	if best := l.Loop.Best.File; best != "" {
		files = append(files, best)
	}
	return work.Commit(l, files...)
}
