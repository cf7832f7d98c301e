package run

import (
	"context"
	"time"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// modelFile is the state of a recommender in the store of stages.
const modelFile = "model.state"

// sharedFit is the trained model of the trial's recommender in the store of stages; nil
// where it shares none, as without a state that goes to a file.
func (x *execution) sharedFit(stateful bool) (*cllm4rec.Shared, error) {
	if x.Stages == nil || !stateful {
		return nil, nil
	}
	r, err := x.plan.Fit(x.event.Trial)
	if err != nil {
		return nil, err
	}
	return x.sharedEnd(r), nil
}

// share takes the trained model from the store, or trains it and leaves it there, where it
// is worth it.
func (m *recommender) share(ctx context.Context, r cllm4rec.Shared, spec contract.FitSpec, chunks contract.Train) error {
	x, asked, keep := m.x, time.Now(), true
	return x.Stages.Do(ctx, stage.Job{
		Key: r.Key, About: r.About, Note: x.note,
		Make: func(ctx context.Context, work stage.Folder) error {
			x.spares(0, asked)
			began := time.Now()
			if err := m.trainOn(ctx, work, spec, chunks); err != nil {
				return err
			}
			seconds := m.before + time.Since(began).Seconds()
			if keep = x.keeps(x.wanted(), seconds); !keep {
				return nil
			}
			return m.commit(ctx, work, seconds)
		},
		Keep: func() bool { return keep },
		Use: func(result stage.Folder, made bool) error {
			if keep {
				defer func() { x.rec.Fit = &record.Fit{Key: r.Key, Made: made, Seconds: m.learned.Seconds} }()
			}
			if made {
				return nil
			}
			if err := m.takeOver(ctx, result, spec, chunks); err != nil {
				return err
			}
			x.spares(m.learned.Seconds, asked)
			return nil
		},
		Lost: func() { m.learned, m.before, keep = learned{}, 0, true },
	})
}

// wanted reports whether another trial of the plan, which is still to run, has the same
// trained model.
func (x *execution) wanted() bool {
	for _, other := range x.plan.Trials {
		if other.TrainKey == x.event.Trial.TrainKey && other.Key != x.event.Trial.Key && !x.finished(other) {
			return true
		}
	}
	return false
}

// trainOn trains in a folder of the store, unless a process that was killed just before it
// gave the model its place has done all of that.
func (m *recommender) trainOn(ctx context.Context, work stage.Folder, spec contract.FitSpec, chunks contract.Train) error {
	if m.settings != nil {
		return m.train(ctx, work, spec, chunks) // which goes on from what is there
	}
	l := learned{}
	found, err := work.Resume(&l, func() error { return m.state().Load(ctx, work.Path(l.File)) }, m.x.note)
	if err != nil {
		return err
	}
	if found {
		m.learned, m.before = l, l.Seconds
		return nil
	}
	return m.train(ctx, work, spec, chunks)
}

// commit makes the trained model what others take.
func (m *recommender) commit(ctx context.Context, work stage.Folder, seconds float64) error {
	if m.learned.File == modelFile { // an earlier process did
		return nil
	}
	if err := m.state().Save(ctx, work.Path(modelFile)); err != nil {
		return err
	}
	l := m.learned
	l.Loop.Best = train.Mark{} // it is in place
	l.File, l.Seconds, l.Resumed, l.PeakRSS = modelFile, seconds, 0, m.x.plugin.Usage().PeakRSS
	m.learned.Seconds = seconds
	return work.Commit(l, modelFile)
}

// takeOver makes the plugin what it was when it had trained. What learns in epochs is given
// its data first, with the resources that it has.
func (m *recommender) takeOver(ctx context.Context, result stage.Folder, spec contract.FitSpec, chunks contract.Train) error {
	if err := result.State(&m.learned); err != nil {
		return err
	}
	if trainer, ok := m.plugin.(contract.EpochTrainer); ok && m.settings != nil {
		if err := trainer.Begin(ctx, spec, chunks); err != nil {
			return err
		}
	}
	return m.state().Load(ctx, result.Path(modelFile))
}
