package run

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
)

// stageTrain is what training in epochs is called in messages and in the log.
const stageTrain = "train"

// learner is a recommender plugin as what the loop trains.
type learner struct {
	trainer  contract.EpochTrainer
	state    contract.Stateful // nil when the plugin has none; then the last epoch's model ranks
	seed     uint64
	epochs   int
	progress contract.OnProgress
}

// Epoch trains one epoch under a seed of its own.
func (l learner) Epoch(ctx context.Context, n int) ([]train.Entry, error) {
	start, name := time.Now(), fmt.Sprintf("%s %d/%d", stageTrain, n, l.epochs)
	r, err := l.trainer.Epoch(ctx, contract.EpochSpec{Number: n, Seed: train.EpochSeed(l.seed, n)}, func(p contract.Progress) {
		p.Stage = name
		l.progress.Report(p)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []train.Entry{{Loss: &r.Loss, Seconds: time.Since(start).Seconds(), Steps: r.Steps, Examples: r.Examples, PeakMemory: r.PeakMemory}}, nil
}

// Save and Load are called only when the best is selected, which takes a state.
func (l learner) Save(ctx context.Context, path string) error { return l.state.Save(ctx, path) }

// Load brings a saved state back.
func (l learner) Load(ctx context.Context, path string) error { return l.state.Load(ctx, path) }

// learn trains the plugin in the loop that every method learns in.
func (m *recommender) learn(ctx context.Context, spec contract.FitSpec, data contract.Train) error {
	trainer, ok := m.plugin.(contract.EpochTrainer)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "recommender plugin %s says that it learns in epochs and does not", m.info.Name)
	}
	l := learner{trainer: trainer, seed: spec.Seed, epochs: m.settings.Epochs, progress: m.x.progress}
	if m.settings.Rule == train.Best {
		if l.state, ok = m.plugin.(contract.Stateful); !ok || m.x.split.Validation == nil {
			return contract.Errorf(contract.ErrInvalid, "the best epoch needs a validation part and a plugin with the capability %q: say train: {rule: last}", contract.CapabilityState)
		}
	}
	best, err := filepath.Abs(filepath.Join(m.x.workDir, "best.state"))
	if err != nil {
		return err
	}
	if err := trainer.Begin(ctx, spec, data); err != nil {
		return err
	}
	loop := train.Loop{
		Stage: stageTrain, Epochs: m.settings.Epochs, Selection: m.settings.Selection, Checkpoint: best,
		Validate: func(ctx context.Context) (float64, error) { return m.x.score(ctx, m.plugin, m.settings.Metrics) },
		Log:      func(e train.Entry) { m.log = append(m.log, e) }, Progress: m.x.progress,
	}
	return loop.Run(ctx, l, &train.State{})
}
