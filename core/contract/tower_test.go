package contract

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestTowerSpecNamesWhatIsWrong(t *testing.T) {
	adapters := Trainable{Mode: TrainLoRA, LoRA: LoRA{Rank: 4, Alpha: 8, Dropout: 0.1}}
	good := TowerSpec{Name: "a", Items: 1, InitStd: 0.02}
	for _, train := range []Trainable{{}, {Mode: TrainTokens}, {Mode: TrainAll}, {Mode: TrainAll, Scratch: true}, adapters} {
		s := good
		s.Train = train
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	for part, change := range map[string]func(*TowerSpec){
		"name":             func(s *TowerSpec) { s.Name = "" },
		"0 items":          func(s *TowerSpec) { s.Items = 0 },
		"deviation":        func(s *TowerSpec) { s.InitStd = 0 },
		`"some", expected`: func(s *TowerSpec) { s.Train.Mode = "some" },
		"from scratch":     func(s *TowerSpec) { s.Train.Scratch = true },
		"LoRA has a rank":  func(s *TowerSpec) { s.Train = Trainable{Mode: TrainAll, LoRA: adapters.LoRA} },
		"rank of LoRA":     func(s *TowerSpec) { s.Train = adapters; s.Train.LoRA.Rank = 0 },
		"alpha":            func(s *TowerSpec) { s.Train = adapters; s.Train.LoRA.Alpha = 0 },
		"dropout":          func(s *TowerSpec) { s.Train = adapters; s.Train.LoRA.Dropout = 1 },
	} {
		s := good
		change(&s)
		if err := s.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error %v", part, err)
		}
	}
}

func TestModulesAreThoseOfTheTargets(t *testing.T) {
	attention, feed := []string{"q_proj", "o_proj"}, []string{"up_proj"}
	for _, c := range []struct{ targets, want []string }{
		{nil, []string{"q_proj", "o_proj", "up_proj"}},
		{[]string{"feed_forward", "attention"}, []string{"q_proj", "o_proj", "up_proj"}},
		{[]string{"up_proj", "q_proj", "up_proj"}, []string{"q_proj", "up_proj"}},
		{[]string{"attention"}, []string{"q_proj", "o_proj"}},
	} {
		if got, err := (LoRA{Targets: c.targets}).Modules(attention, feed); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, error %v", c.targets, got, err)
		}
	}
	_, err := LoRA{Targets: []string{"q_porj"}}.Modules(attention, feed)
	for _, part := range []string{"q_porj", "attention", "feed_forward", "q_proj, o_proj, up_proj"} {
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

func TestModesNeedCapabilities(t *testing.T) {
	able := Info{Kind: KindBackbone, Name: "lm", Capabilities: []Capability{CapabilityLoRA}}
	for mode, fine := range map[TrainMode]bool{"": true, TrainTokens: true, TrainLoRA: true, TrainAll: false} {
		err := able.Supports(Trainable{Mode: mode})
		if fine != (err == nil) || !fine && (!errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), `"all"`)) {
			t.Errorf("mode %q: error %v", mode, err)
		}
	}
}

func TestRankPromptsFitTheirModel(t *testing.T) {
	one, two := ModelInfo{MaxLength: 4}, ModelInfo{MaxLength: 4, EncoderDecoder: true}
	for _, c := range []struct {
		m            ModelInfo
		prompt, main int
		k            int32
		wrong        string
	}{
		{one, 4, 0, 1, ""}, {one, 5, 0, 1, "5 tokens"}, {one, 1, 1, 1, "encoder-decoder"}, {one, 0, 0, 1, "no prompt"}, {one, 1, 0, -1, "-1 items"},
		{two, 4, 3, 1, ""}, {two, 5, 0, 1, "encoder reads at most 4"}, {two, 1, 4, 1, "decoder reads at most 3"}, {two, 0, 1, 1, "no prompt"},
	} {
		err := RankPrompt{Prompt: make([]int32, c.prompt), Main: make([]int32, c.main), K: c.k}.Check(c.m)
		if (err == nil) != (c.wrong == "") || err != nil && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%+v: error %v", c, err)
		}
	}
	if err := one.CheckLength(0, 0); !errors.Is(err, ErrInvalid) {
		t.Errorf("an empty example: error %v", err)
	}
}
