package cllm4rec

import (
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Train says which parts of the language model train beside the soft tokens.
type Train struct {
	Mode    contract.TrainMode `json:"mode,omitempty" jsonschema:"enum=tokens,enum=all,enum=lora" jsonschema_description:"tokens (default): the language model stays as it is; all: every weight trains too, words included (the paper's LLM-FtAll); lora: low-rank additions to its layers train too"`
	Scratch *bool              `json:"scratch,omitempty" jsonschema_description:"with mode all: begin from random weights instead of the pretrained ones (the paper's LLM-Scratch; default false)"`
	LoRA    LoRA               `json:"lora,omitzero" jsonschema_description:"with mode lora: the additions"`
}

// LoRA are the low-rank additions (Hu et al. 2022).
type LoRA struct {
	Rank    *int     `json:"rank,omitempty" jsonschema:"minimum=1,maximum=65536" jsonschema_description:"rank of each addition (default 8)"`
	Alpha   *float64 `json:"alpha,omitempty" jsonschema:"exclusiveMinimum=0" jsonschema_description:"an addition is scaled by alpha/rank (default: the rank)"`
	Dropout *float64 `json:"dropout,omitempty" jsonschema:"minimum=0,exclusiveMaximum=1" jsonschema_description:"dropout rate before each addition in training (default 0)"`
	Targets []string `json:"targets,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"attention; feed_forward; or names of the architecture's modules such as q_proj (default both groups)"`
}

// Optimiser are additions to Adam.
type Optimiser struct {
	Clip     *float64              `json:"clip,omitempty" jsonschema:"minimum=0" jsonschema_description:"largest norm of all gradients together; 0 (default) does not clip"`
	Decay    *float64              `json:"weight_decay,omitempty" jsonschema:"minimum=0" jsonschema_description:"decoupled weight decay of everything that trains, as in AdamW (default 0)"`
	Schedule contract.ScheduleKind `json:"schedule,omitempty" jsonschema:"enum=constant,enum=cosine" jsonschema_description:"learning rate over each stage: constant (default) or falling to 0 along half a cosine"`
	WarmUp   *int64                `json:"warmup_steps,omitempty" jsonschema:"minimum=0,maximum=1000000000000" jsonschema_description:"steps at the beginning of each stage in which the learning rate rises (default 0)"`
}

// TrainSettings are what trains beside the soft tokens, decided; zero when that
// is nothing.
type TrainSettings struct {
	Mode    contract.TrainMode `json:"mode,omitempty"`
	Scratch bool               `json:"scratch,omitempty"`
	LoRA    LoRASettings       `json:"lora,omitzero"`
}

// LoRASettings are the low-rank additions, decided.
type LoRASettings struct {
	Rank    int      `json:"rank"`
	Alpha   float64  `json:"alpha"`
	Dropout float64  `json:"dropout"`
	Targets []string `json:"targets,omitempty"`
}

// OptimiserSettings are the additions to Adam, decided; zero when there are none.
type OptimiserSettings struct {
	Clip     float64               `json:"clip,omitempty"`
	Decay    float64               `json:"weight_decay,omitempty"`
	Schedule contract.ScheduleKind `json:"schedule,omitempty"`
	WarmUp   int64                 `json:"warmup_steps,omitempty"`
}

// decide fills in the defaults. What contradicts the mode stays, for Check.
func (t Train) decide() TrainSettings {
	s := TrainSettings{Scratch: or(t.Scratch, false), Mode: t.Mode}
	if s.Mode == contract.TrainTokens {
		s.Mode = ""
	}
	l := LoRASettings{Rank: or(t.LoRA.Rank, 0), Alpha: or(t.LoRA.Alpha, 0), Dropout: or(t.LoRA.Dropout, 0), Targets: t.LoRA.Targets}
	if s.Mode == contract.TrainLoRA {
		l.Rank = or(t.LoRA.Rank, 8)
		l.Alpha = or(t.LoRA.Alpha, float64(l.Rank))
		if l.Targets == nil {
			l.Targets = []string{contract.GroupAttention, contract.GroupFeedForward}
		}
	}
	s.LoRA = l
	return s
}

// Trainable is the same in the words of the contract.
func (s TrainSettings) Trainable() contract.Trainable {
	return contract.Trainable{Mode: s.Mode, Scratch: s.Scratch, LoRA: contract.LoRA{
		Rank: s.LoRA.Rank, Alpha: s.LoRA.Alpha, Dropout: s.LoRA.Dropout, Targets: slices.Clone(s.LoRA.Targets),
	}}
}

func (t Train) check() []schema.Problem {
	if err := t.decide().Trainable().Check(); err != nil {
		return []schema.Problem{{Path: []string{"train"}, Message: err.Error()}}
	}
	return nil
}

func (o Optimiser) decide() OptimiserSettings {
	s := OptimiserSettings{Clip: or(o.Clip, 0), Decay: or(o.Decay, 0), Schedule: o.Schedule, WarmUp: or(o.WarmUp, 0)}
	if s.Schedule == contract.ScheduleConstant {
		s.Schedule = ""
	}
	return s
}
