package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/data"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/run"
)

// trainer remembers the texts that it was given.
type trainer struct {
	*contracttest.FakeBackbone
	texts []string
}

func newTrainer() *trainer { return &trainer{FakeBackbone: contracttest.NewFakeBackbone()} }

func (b *trainer) Info(ctx context.Context) (contract.Info, error) {
	info, err := b.FakeBackbone.Info(ctx)
	info.Name, info.Capabilities = "trainer", []contract.Capability{contract.CapabilityPretrain}
	return info, err
}

func (b *trainer) Pretrain(_ context.Context, _ contract.PretrainSpec, texts iter.Seq2[[]string, error], _ contract.OnProgress) (contract.PretrainResult, error) {
	for chunk, err := range texts {
		if err != nil {
			return contract.PretrainResult{}, err
		}
		b.texts = append(b.texts, chunk...)
	}
	return contract.PretrainResult{VocabSize: len(b.texts)}, nil
}

// inProcess launches plugins without processes.
type inProcess struct {
	backbone contract.Backbone
	stopped  int
}

func launch[P contract.Plugin](ctx context.Context, l *inProcess, p P, params json.RawMessage) (*host.Running[P], error) {
	info, err := p.Info(ctx)
	if err == nil {
		_, err = p.Configure(ctx, params)
	}
	return &host.Running[P]{Plugin: p, Info: info, Life: life{l, p}}, err
}

// life is that of a plugin without a process.
type life struct {
	launcher *inProcess
	plugin   contract.Plugin
}

func (life) PID() int             { return 0 }
func (life) Usage() host.Usage    { return host.Usage{} }
func (life) StderrTail() []string { return nil }
func (l life) Stop(ctx context.Context) error {
	l.launcher.stopped++
	return l.plugin.Close(ctx)
}

func (l *inProcess) Dataset(ctx context.Context, _ string, params json.RawMessage) (*host.Running[contract.Dataset], error) {
	return launch[contract.Dataset](ctx, l, contracttest.NewFakeDataset(), params)
}

func (l *inProcess) Recommender(ctx context.Context, _ string, params json.RawMessage) (*host.Running[contract.Recommender], error) {
	return launch[contract.Recommender](ctx, l, contracttest.NewFakeRecommender(), params)
}

func (l *inProcess) Backbone(ctx context.Context, _ string, params json.RawMessage) (*host.Running[contract.Backbone], error) {
	return launch(ctx, l, l.backbone, params)
}

func pretrainPlan() *experiment.PretrainPlan {
	return &experiment.PretrainPlan{
		Backbone: experiment.PluginPlan{Name: "fakelm", Params: []byte("{}")},
		Texts:    experiment.PluginPlan{Name: "fakedata", Params: []byte("{}")},
		Spec:     contract.PretrainSpec{Steps: 7},
	}
}

func TestPretrainGivesTheTextsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		kinds []contract.TextKind
		split *data.SplitSpec
		want  int
	}{
		"all":      {nil, nil, 16 + 24*6},
		"titles":   {[]contract.TextKind{contract.TextTitle}, nil, 16},
		"training": {[]contract.TextKind{contract.TextReview}, &data.SplitSpec{Method: data.MethodLeaveOneOut}, 24 * 4},
	} {
		b := newTrainer()
		l := &inProcess{backbone: b}
		plan := pretrainPlan()
		plan.Kinds, plan.Split = c.kinds, c.split
		result, err := run.Pretrain(t.Context(), plan, l, nil)
		if err != nil || result.VocabSize != c.want || len(b.texts) != c.want || l.stopped != 2 {
			t.Errorf("%s: %d texts, want %d; %d plugins stopped, want 2; error %v", name, len(b.texts), c.want, l.stopped, err)
		}
	}
}

func TestPretrainRefusesABackboneThatCannot(t *testing.T) {
	l := &inProcess{backbone: contracttest.NewFakeBackbone()}
	_, err := run.Pretrain(t.Context(), pretrainPlan(), l, nil)
	if !errors.Is(err, contract.ErrUnsupported) || l.stopped != 2 {
		t.Errorf("got %v, %d plugins stopped", err, l.stopped)
	}
	plan := pretrainPlan()
	plan.Kinds = []contract.TextKind{contract.TextBrand}
	if _, err := run.Pretrain(t.Context(), plan, l, nil); err == nil || !strings.Contains(err.Error(), "no text") {
		t.Errorf("got %v", err)
	}
}

func TestPretrainAcrossAProcess(t *testing.T) {
	b := newBench(t)
	plan := pretrainPlan()
	plan.Backbone.Name = "trainer"
	plan.Spec = contract.PretrainSpec{Out: t.TempDir(), Shape: []byte("{}"), Steps: 1, Batch: 1, LearningRate: 1}
	result, err := run.Pretrain(t.Context(), plan, b.plugins, nil)
	if err != nil || result.VocabSize != 16+24*6 {
		t.Errorf("%d texts arrived: %v", result.VocabSize, err)
	}
}
