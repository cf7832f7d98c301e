package contract

import (
	"math"
	"slices"
	"strings"
)

// TowerSpec opens a tower: Users x Hidden and Items x Hidden soft-token
// embeddings over the language model, drawn from N(0, InitStd^2).
type TowerSpec struct {
	Name         string
	Users, Items int
	InitStd      float64 // > 0; the authors use 0.02
	Seed         uint64  // of everything that the tower draws: tokens, adapters, weights from scratch
	Train        Trainable
	// ItemBias adds a trained number per item, zero at first, to the logits of the item
	// head. It needs CapabilityItemBias.
	ItemBias bool
}

// Check reports whether a tower can be opened by the spec: ErrInvalid. Names of
// modules among the LoRA targets are the backbone's to check (LoRA.Modules).
func (s TowerSpec) Check() error {
	switch {
	case s.Name == "":
		return Errorf(ErrInvalid, "a tower needs a name")
	case s.Users < 0 || s.Items <= 0:
		return Errorf(ErrInvalid, "tower %q has %d users and %d items, expected >= 0 and > 0", s.Name, s.Users, s.Items)
	case !positive(s.InitStd):
		return Errorf(ErrInvalid, "tower %q: the initial standard deviation is %v, expected > 0", s.Name, s.InitStd)
	}
	if err := s.Train.Check(); err != nil {
		return Errorf(ErrInvalid, "tower %q: %v", s.Name, err)
	}
	return nil
}

// TrainMode says how much of the language model trains with a tower.
type TrainMode string

// The modes. The language model itself never changes: what trains is the
// tower's own.
const (
	// TrainTokens trains the soft tokens alone (paper: CLLM4Rec). It is what ""
	// means.
	TrainTokens TrainMode = "tokens"
	// TrainAll trains a copy of every weight too, words included (paper:
	// LLM-FtAll; with Scratch: LLM-Scratch).
	TrainAll TrainMode = "all"
	// TrainLoRA trains low-rank additions to linear layers too (Hu et al. 2022).
	TrainLoRA TrainMode = "lora"
)

// TrainModes lists every mode.
func TrainModes() []TrainMode { return []TrainMode{TrainTokens, TrainAll, TrainLoRA} }

// Trainable says which parts of the language model train beside a tower's soft
// tokens. They belong to the tower: saved, loaded and optimised with it. The
// zero value trains nothing beside the tokens.
type Trainable struct {
	Mode TrainMode
	// Scratch (TrainAll only): begin from the architecture's random
	// initialisation instead of the pretrained weights.
	Scratch bool
	// LoRA is zero unless Mode is TrainLoRA.
	LoRA LoRA
}

// OnlyTokens reports whether nothing of the language model trains.
func (t Trainable) OnlyTokens() bool { return t.Mode == "" || t.Mode == TrainTokens }

// Check finds what is wrong or contradicts itself: ErrInvalid.
func (t Trainable) Check() error {
	switch {
	case t.Mode != "" && !slices.Contains(TrainModes(), t.Mode):
		return Errorf(ErrInvalid, "the mode of training is %q, expected one of %v", t.Mode, TrainModes())
	case t.Scratch && t.Mode != TrainAll:
		return Errorf(ErrInvalid, "a language model from scratch needs the mode %q, got %q", TrainAll, t.Mode)
	case t.Mode == TrainLoRA:
		return t.LoRA.check()
	case t.LoRA.given():
		return Errorf(ErrInvalid, "LoRA has a rank, alpha, dropout or targets, but the mode is %q", t.Mode)
	}
	return nil
}

// Supports is an ErrUnsupported that names the mode when the plugin lacks the
// capability that it takes.
func (i Info) Supports(t Trainable) error {
	capability, needed := map[TrainMode]Capability{TrainAll: CapabilityTrainAll, TrainLoRA: CapabilityLoRA}[t.Mode]
	if !needed || i.Can(capability) {
		return nil
	}
	return Errorf(ErrUnsupported, "the %s plugin %s cannot train in the mode %q: it lacks the capability %q", i.Kind, i.Name, t.Mode, capability)
}

// SupportsTower is an ErrUnsupported that names what of a tower the plugin lacks the
// capability for.
func (i Info) SupportsTower(s TowerSpec) error {
	if s.ItemBias && !i.Can(CapabilityItemBias) {
		return Errorf(ErrUnsupported, "the %s plugin %s has no biases of items: it lacks the capability %q", i.Kind, i.Name, CapabilityItemBias)
	}
	return i.Supports(s.Train)
}

// Groups of linear layers, by which LoRA's targets may be named.
const (
	GroupAttention   = "attention"
	GroupFeedForward = "feed_forward"
)

// LoRA adds Alpha/Rank * B A to the weight of each target, with A [Rank, in]
// drawn at random and B [out, Rank] zero at first: an untrained tower is the
// pretrained model.
type LoRA struct {
	Rank    int     // > 0
	Alpha   float64 // > 0
	Dropout float64 // on the input of A in training, in [0, 1)
	// Targets are GroupAttention, GroupFeedForward or the architecture's names of
	// modules, such as "q_proj"; empty means both groups.
	Targets []string
}

func (l LoRA) given() bool {
	return l.Rank != 0 || l.Alpha != 0 || l.Dropout != 0 || len(l.Targets) > 0
}

func (l LoRA) check() error {
	switch {
	case l.Rank <= 0:
		return Errorf(ErrInvalid, "the rank of LoRA is %d, expected > 0", l.Rank)
	case !positive(l.Alpha):
		return Errorf(ErrInvalid, "alpha of LoRA is %v, expected > 0", l.Alpha)
	case !(l.Dropout >= 0 && l.Dropout < 1):
		return Errorf(ErrInvalid, "the dropout of LoRA is %v, expected 0 <= rate < 1", l.Dropout)
	}
	return nil
}

// Modules are the modules that the targets name, given those that the
// architecture has in each group: without repetition, attention first. An
// unknown target is an ErrInvalid that lists the known ones.
func (l LoRA) Modules(attention, feedForward []string) ([]string, error) {
	all := slices.Concat(attention, feedForward)
	wanted := map[string]bool{}
	for _, target := range l.targets() {
		switch {
		case target == GroupAttention:
			mark(wanted, attention)
		case target == GroupFeedForward:
			mark(wanted, feedForward)
		case slices.Contains(all, target):
			wanted[target] = true
		default:
			return nil, Errorf(ErrInvalid, "unknown LoRA target %q: expected %s, %s or one of %s", target, GroupAttention, GroupFeedForward, strings.Join(all, ", "))
		}
	}
	return slices.DeleteFunc(all, func(m string) bool { return !wanted[m] }), nil
}

func (l LoRA) targets() []string {
	if len(l.Targets) == 0 {
		return []string{GroupAttention, GroupFeedForward}
	}
	return l.Targets
}

func mark(set map[string]bool, names []string) {
	for _, n := range names {
		set[n] = true
	}
}

// positive reports whether x is a number above zero, not infinite.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

// notNegative reports whether x is a number from zero on, not infinite.
func notNegative(x float64) bool { return x == 0 || positive(x) }
