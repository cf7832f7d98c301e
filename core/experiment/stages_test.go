package experiment

import (
	"encoding/json"
	"testing"

	"cllm4rec/core/cllm4rec"
)

// staged is a plan of one trial of a pipeline, changed.
func staged(t *testing.T, change func(*Plan)) TrialStages {
	t.Helper()
	settings, err := cllm4rec.Config{}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	p := &Plan{
		Datasets: []DatasetPlan{{Name: "Tastes", Plugin: PluginPlan{Name: "fakedata", Portable: json.RawMessage("{}")}}},
		Methods:  []MethodPlan{{Name: "Row", Pipeline: &settings, Plugin: PluginPlan{Name: "fakelm", Device: classCPU, Portable: json.RawMessage("{}")}}},
		Trials:   []Trial{{Key: "input"}, {Seed: 1}},
	}
	change(p)
	s, err := p.Stages(p.Trials[1])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeysOfStagesHoldWhatTheStagesRead(t *testing.T) {
	base := staged(t, func(*Plan) {})
	if base.Warmup == nil || base.Selected != nil || len(base.Path()) != 3 || base.Path()[1] != base.Pretrain || base.Warmup.What != "warmup by fakelm on Tastes, seed 1" {
		t.Fatalf("stages %+v", base)
	}
	mapped := func(p *Plan, portable string) {
		p.Methods[0].Pipeline.Tokens = cllm4rec.TokensSettings{From: cllm4rec.TokensFeatures}
		p.Methods[0].Features = []FeaturePlan{{Portable: json.RawMessage(portable)}}
	}
	for name, c := range map[string]struct {
		change           func(*Plan)
		warmup, pretrain bool // are other results
	}{
		"name":      {func(p *Plan) { p.Methods[0].Name, p.Datasets[0].Name = "Other", "Others" }, false, false},
		"rank":      {func(p *Plan) { p.Methods[0].Pipeline.RankBatch = 3 }, false, false},
		"finetune":  {func(p *Plan) { p.Methods[0].Pipeline.Finetune.Rate = 1 }, false, false},
		"ties":      {func(p *Plan) { p.Evaluate.Ties = "index" }, false, false},
		"lambda":    {func(p *Plan) { p.Methods[0].Pipeline.Pretrain.LambdaC = 7 }, false, true},
		"features":  {func(p *Plan) { mapped(p, `"a"`) }, false, true},
		"seed":      {func(p *Plan) { p.Trials[1].Seed = 2 }, true, true},
		"device":    {func(p *Plan) { p.Methods[0].Plugin.Device = "cuda" }, true, true},
		"backbone":  {func(p *Plan) { p.Methods[0].Plugin.Portable = json.RawMessage(`{"weights": "other"}`) }, true, true},
		"semantics": {func(p *Plan) { p.Methods[0].Plugin.Semantics = 2 }, true, true},
		"data":      {func(p *Plan) { p.Datasets[0].Plugin.Portable = json.RawMessage(`{"users": 3}`) }, true, true},
		"binaries":  {func(p *Plan) { p.ExactBinaries, p.Methods[0].Plugin.Checksum = true, "sum" }, true, true},
	} {
		got := staged(t, c.change)
		if (got.Warmup.Key != base.Warmup.Key) != c.warmup || (got.Pretrain.Key != base.Pretrain.Key) != c.pretrain {
			t.Errorf("%s: another warm-up %v, another pretraining %v", name, got.Warmup.Key != base.Warmup.Key, got.Pretrain.Key != base.Pretrain.Key)
		}
	}
	a, b := staged(t, func(p *Plan) { mapped(p, `"a"`) }), staged(t, func(p *Plan) { mapped(p, `"b"`) })
	other := staged(t, func(p *Plan) { mapped(p, `"a"`); p.Trials[1].Needs = []int{0} })
	if a.Pretrain.Key == b.Pretrain.Key || a.Pretrain.Key == other.Pretrain.Key || a.Warmup.Key != b.Warmup.Key {
		t.Error("tokens of other features have the same pretraining, or another warm-up")
	}
}

func TestAnEpochThatIsSelectedIsAResultOfItsOwn(t *testing.T) {
	preRec := func(p *Plan) { p.Methods[0].Pipeline.Finetune = cllm4rec.FinetuneSettings{} }
	base, last := staged(t, func(*Plan) {}), staged(t, preRec)
	if last.Selected == nil || last.Path()[1] != last.Selected || last.Pretrain.Key != base.Pretrain.Key || last.Selected.Key == base.Pretrain.Key {
		t.Errorf("stages %+v", last)
	}
	ties := staged(t, func(p *Plan) { preRec(p); p.Evaluate.Ties = "index" })
	if ties.Selected.Key == last.Selected.Key || ties.Pretrain.Key != last.Pretrain.Key {
		t.Error("another validation has the same selected epoch, or another last one")
	}
}
