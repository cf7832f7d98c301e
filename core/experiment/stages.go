package experiment

import (
	"encoding/json"
	"fmt"
	"slices"

	"cllm4rec/core/cllm4rec"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// StageContent is what decides the result of a stage of CLLM4Rec: exactly what the
// stage reads. The key of the result is its sha256.
type StageContent struct {
	Stage     cllm4rec.Stage    `json:"stage"`
	Dataset   PluginContent     `json:"dataset"`
	Selection Selection         `json:"selection"`
	Backbone  PluginContent     `json:"backbone"`
	Settings  cllm4rec.Settings `json:"settings"`        // what reaches the stage
	Input     string            `json:"input,omitempty"` // the key of the stage before
	// Features, Sources and Needs are those of MethodContent and TrainContent, where
	// tokens are made of features.
	Features []string         `json:"features,omitempty"`
	Sources  []FeatureContent `json:"sources,omitempty"`
	Needs    []string         `json:"needs,omitempty"`
	// Joint is the method that the stage trains jointly with.
	Joint *MethodContent `json:"joint,omitempty"`
	// Select and Validation are how an epoch of the stage is chosen; nil: the last
	// one's towers go on. The selection of finetuning stands in its settings.
	Select     *train.Selection   `json:"select,omitempty"`
	Validation *ValidationContent `json:"validation,omitempty"`
	Semantics  map[string]int     `json:"semantics"`
	Seed       uint64             `json:"seed"`
	Device     string             `json:"device"`
}

// StageResult is the result of a stage that trials may share.
type StageResult struct {
	Stage   cllm4rec.Stage
	Key     string
	Content json.RawMessage
	What    string // such as "warm-up by gpt2 on Synthetic, seed 1"
}

// TrialStages are the results of stages that a trial takes or makes; nil where it has
// no such stage.
type TrialStages struct {
	Warmup, Pretrain *StageResult
	// Selected is what selects an epoch of the pretraining, where that is what ranks
	// (LLM-PreRec); the trial then takes it in place of Pretrain.
	Selected *StageResult
	// Finetune and Joint are the stages behind, whose towers rank.
	Finetune, Joint *StageResult
}

// Path are the results that lead to the trained model, the last of which is it.
func (s TrialStages) Path() []*StageResult {
	pretrain := s.Pretrain
	if s.Selected != nil {
		pretrain = s.Selected
	}
	return present(s.Warmup, pretrain, s.Finetune, s.Joint)
}

// Ends are those of the stages whose towers rank, behind pretraining.
func (s TrialStages) Ends() []*StageResult { return present(s.Finetune, s.Joint) }

func present(results ...*StageResult) []*StageResult {
	return slices.DeleteFunc(results, func(r *StageResult) bool { return r == nil })
}

// Stages are the results of stages of a trial, by their keys; none of a method that is
// no pipeline.
func (p *Plan) Stages(t Trial) (s TrialStages, err error) {
	settings := p.MethodOf(t).Pipeline
	if settings == nil {
		return s, nil
	}
	input := ""
	if settings.Warmup.Epochs > 0 {
		if s.Warmup, err = p.stage(t, cllm4rec.StageWarmup, input, false); err != nil {
			return s, err
		}
		input = s.Warmup.Key
	}
	if settings.Pretrain.Epochs > 0 {
		if s.Pretrain, err = p.stage(t, cllm4rec.StagePretrain, input, false); err != nil {
			return s, err
		}
		if settings.SelectsPretraining() {
			if s.Selected, err = p.stage(t, cllm4rec.StagePretrain, input, true); err != nil {
				return s, err
			}
		}
		input = s.Pretrain.Key
	}
	if settings.Finetune.Epochs == 0 {
		return s, nil
	}
	if s.Finetune, err = p.stage(t, cllm4rec.StageFinetune, input, false); err != nil || settings.Joint == nil {
		return s, err
	}
	s.Joint, err = p.stage(t, cllm4rec.StageJoint, s.Finetune.Key, false)
	return s, err
}

// StageFit is the training of a recommender, which is no part of the pipeline.
const StageFit cllm4rec.Stage = "fit"

// Fit is the trained model of a recommender as the result of a stage: its key is the train
// key. nil of a method that is none.
func (p *Plan) Fit(t Trial) (*StageResult, error) {
	m := p.MethodOf(t)
	if m.Pipeline != nil || m.Ensemble != nil {
		return nil, nil
	}
	content, err := canonical(p.trainContent(t))
	what := fmt.Sprintf("%s by %s on %s, seed %d", StageFit, m.Plugin.Name, p.Datasets[t.Dataset].Label(), t.Seed)
	return &StageResult{Stage: StageFit, Key: t.TrainKey, Content: content, What: what}, err
}

// stage is the result of one stage.
func (p *Plan) stage(t Trial, stage cllm4rec.Stage, input string, selected bool) (*StageResult, error) {
	d, m := p.Datasets[t.Dataset], p.MethodOf(t)
	c := StageContent{
		Stage: stage, Dataset: p.pluginContent(d.Plugin), Selection: d.content(), Backbone: p.pluginContent(m.Plugin),
		Settings: m.Pipeline.Reaching(stage), Input: input, Seed: t.Seed, Device: m.device(),
		Semantics: map[string]int{"data": data.Semantics, "prompt": prompt.Semantics, "cllm4rec": cllm4rec.Semantics, "train": train.Semantics},
	}
	if stage != cllm4rec.StageWarmup {
		p.addFeatures(&c, t)
	}
	if stage == cllm4rec.StageJoint {
		with := p.methodContent(*m.Joint)
		c.Joint = &with
	}
	ends := stage == cllm4rec.StageFinetune || stage == cllm4rec.StageJoint
	if c.Settings.Pretrain.Select != nil || ends && c.Settings.Select.Rule == train.Best {
		c.Validation = &ValidationContent{Candidates: p.Evaluate.Candidates, Ties: p.Evaluate.Ties}
		c.Semantics["eval"] = eval.Semantics
	}
	what := fmt.Sprintf("%s by %s on %s, seed %d", stage, m.Plugin.Name, d.Label(), t.Seed)
	if selected {
		selection := m.Pipeline.Select
		c.Select = &selection
		c.Validation = &ValidationContent{Candidates: p.Evaluate.Candidates, Ties: p.Evaluate.Ties}
		c.Semantics["eval"] = eval.Semantics
		what = "the best epoch of " + what
	}
	content, err := canonical(c)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(c)
	return &StageResult{Stage: stage, Key: key, Content: content, What: what}, err
}

// addFeatures adds what decides the features that tokens are made of.
func (p *Plan) addFeatures(c *StageContent, t Trial) {
	method := p.trainContent(t)
	c.Features, c.Sources, c.Needs = method.Method.Features, method.Method.Sources, method.Needs
	if version, made := method.Semantics["features"]; made {
		c.Semantics["features"] = version
	}
}
