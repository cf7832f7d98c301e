package cllm4rec

import (
	"maps"
	"slices"

	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// Reaching are the settings that the result of a stage before finetuning depends on,
// beside the result of the stage before it: what does not reach the stage is zero. A
// setting that is not named here is taken to reach it, which only costs sharing.
func (s Settings) Reaching(stage Stage) Settings {
	s.Fidelity, s.RankBatch = "", 0 // the switches that it decides stand for themselves
	validates := stage == StagePretrain && (s.Pretrain.Select != nil || s.SelectsPretraining())
	s.Finetune, s.Select, s.Joint = FinetuneSettings{}, train.Selection{}, nil
	s.Targets, s.FinetuneOrder, s.PriorOnTargets, s.ContentDropout = "", "", false, false
	s.MaskToken, s.MaskText = "", ""
	if !validates {
		s.Cold, s.Rank = ColdSettings{}, RankSettings{} // they are about ranking alone
	}
	names := append([]prompt.Name{prompt.Collaborative}, documentTemplates(s)...)
	if s.Pretrain.LambdaC == 0 {
		s.PriorOnUnmentioned = false
	}
	if stage == StageWarmup {
		s.Pretrain, s.Tokens = PretrainSettings{}, TokensSettings{} // the content tower's tokens are no map
		s.ItemOrder, s.PriorScale, s.PriorOnUnmentioned, s.ZeroPrior = "", "", false, false
		names = names[1:]
	}
	s.Templates = maps.Clone(s.Templates)
	maps.DeleteFunc(s.Templates, func(name prompt.Name, _ string) bool { return !slices.Contains(names, name) })
	return s
}

// documentTemplates are the names of the templates of the kinds that are read.
func documentTemplates(s Settings) []prompt.Name {
	var names []prompt.Name
	for _, kind := range s.Documents {
		names = append(names, prompt.Name(kind))
	}
	return names
}
