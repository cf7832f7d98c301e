package run

import (
	"context"
	"encoding/json"
	"fmt"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// pipeline is CLLM4Rec over a backbone plugin as a method.
type pipeline struct {
	backbone contract.Backbone
	can      contract.Info // of the backbone
	x        *execution
	settings cllm4rec.Settings
	info     contract.ModelInfo
	model    *cllm4rec.Model
}

func (m *pipeline) fit(ctx context.Context) error {
	split := m.x.split
	in := cllm4rec.Input{
		Users: split.Users.Len(), Items: split.Items.Len(), Training: split.Training, Seed: m.x.event.Trial.Seed,
		Work: &m.x.work, Pace: stage.NewPace(m.x.Checkpoint), Cuts: m.can.Can(contract.CapabilityFirstStep), Note: m.x.note,
		Model: &m.info, Progress: m.x.progress, Whole: m.x.whole, Scored: m.x.tracker.Scored,
		PeakRSS: func() int64 { return m.x.plugin.Usage().PeakRSS },
	}
	if split.Validation != nil {
		in.Validate = m.validate
	}
	var err error
	if in.Sharing, err = m.sharing(); err != nil {
		return err
	}
	features, err := m.x.tokenFeatures(ctx)
	if err != nil {
		return err
	}
	in.Features = features
	if m.settings.Joint != nil {
		b := &beside{x: m.x, plan: *m.x.plan.MethodOf(m.x.event.Trial).Joint}
		in.Without = b.rank
		defer b.stop(ctx)
		if err := b.try(ctx); err != nil {
			return err
		}
	}
	m.model, err = cllm4rec.Fit(ctx, m.backbone, m.settings, in)
	return err
}

func (m *pipeline) earlier() (float64, int) {
	r := m.model.Report()
	return r.Earlier, r.Resumed
}

func (m *pipeline) entries() []train.Entry { return m.model.Log() }

func (m *pipeline) evaluate(ctx context.Context, part contract.Part, o eval.Options) (*eval.Result, error) {
	return eval.Evaluate(ctx, m.model, m.x.split, part, o)
}

func (m *pipeline) vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	return m.model.Vectors(ctx, entity, yield)
}

func (m *pipeline) save(ctx context.Context, dir string) error { return m.model.Save(ctx, dir) }

func (m *pipeline) peakRSS() int64 {
	if m.model == nil {
		return 0
	}
	return m.model.Report().PeakRSS
}

// peakDevice is what the passes told; nothing when training failed.
func (m *pipeline) peakDevice() int64 {
	if m.model == nil {
		return 0
	}
	report := m.model.Report()
	return report.PeakMemory()
}

func (m *pipeline) report() (json.RawMessage, error) {
	raw, err := json.Marshal(m.model.Report())
	if err != nil {
		return nil, fmt.Errorf("the stage report cannot be written: %w", err)
	}
	return raw, nil
}
