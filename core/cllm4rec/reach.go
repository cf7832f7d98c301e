package cllm4rec

import (
	"maps"
	"slices"

	"cllm4rec/core/prompt"
	"cllm4rec/core/train"
)

// Reaching are the settings that the result of a stage depends on, beside the result of the
// stage before it: what does not reach the stage is zero. A setting that is not named here
// is taken to reach it, which only costs sharing. Of joint training, the method that it is
// with is the caller's to know.
func (s Settings) Reaching(stage Stage) Settings {
	s.Fidelity, s.RankBatch = "", 0 // the switches that it decides stand for themselves
	if stage == StageFinetune || stage == StageJoint {
		return s.reachingFinetune(stage)
	}
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

// reachingFinetune are the settings that finetuning and joint training depend on: all but
// those of what follows, and those of ranking where no validation ranks.
func (s Settings) reachingFinetune(stage Stage) Settings {
	if s.Select.Rule != Best {
		s.Prompts, s.Cold, s.Rank = 0, ColdSettings{}, RankSettings{}
	}
	if stage == StageFinetune || s.Joint == nil {
		s.Joint = nil
		return s
	}
	joint := *s.Joint
	joint.With = "" // a name
	s.Joint = &joint
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
