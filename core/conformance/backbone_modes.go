package conformance

import (
	"context"
	"errors"
	"path/filepath"

	"cllm4rec/core/contract"
)

func lora(rank int, targets ...string) contract.Trainable {
	return contract.Trainable{Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: rank, Alpha: 2 * float64(rank), Targets: targets}}
}

// trainables are the modes beyond the tokens.
func trainables() map[string]contract.Trainable {
	return map[string]contract.Trainable{
		"all": {Mode: contract.TrainAll}, "scratch": {Mode: contract.TrainAll, Scratch: true},
		"lora": lora(2), "lora on attention": lora(3, contract.GroupAttention), "lora on feed_forward": lora(1, contract.GroupFeedForward),
	}
}

// modes: a backbone that lacks the capability of a mode refuses it.
func (s *backboneSuite) modes(t T) {
	for name, train := range trainables() {
		t.Run(name, func(t T) {
			if s.info.Supports(train) != nil {
				mustBe(t, s.b.OpenTower(t.Context(), TowerSpec("a", train)), contract.ErrUnsupported, string(train.Mode))
				return
			}
			s.mode(t, train)
		})
	}
}

func (s *backboneSuite) mode(t T, train contract.Trainable) {
	s.open(t, "other")
	s.openAs(t, "a", train)
	other := s.rank(t, "other", towerItems)
	if !train.Scratch { // untrained adapters and copies change nothing
		same(t, "before training", other, s.rank(t, "a", towerItems), s.o.Tolerance)
	}
	for _, o := range contract.Objectives() {
		s.learns(t, o)
	}
	same(t, "a tower of tokens beside it", other, s.rank(t, "other", towerItems), 0)
	s.livesOn(t)
	s.openAs(t, "b", train)
	s.openAs(t, "a", train)
	same(t, "two towers of one seed", s.rank(t, "a", towerItems), s.rank(t, "b", towerItems), s.o.Tolerance)
}

// learns trains tower a until its loss is lower.
func (s *backboneSuite) learns(t T, o contract.Objective) {
	t.Helper()
	spec, docs := s.spec("a", o), s.documents(t, o)
	spec.FreshOptimiser, spec.LearningRate = true, spec.LearningRate/5
	first := s.train(t, spec, docs)
	last := first
	spec.FreshOptimiser = false
	for pass := 0; pass < 30 && !(last.Loss < first.Loss); pass++ { // a large first step may go astray before it learns
		last = s.train(t, spec, docs)
	}
	if !(last.Loss < first.Loss) {
		t.Errorf("%s: the loss went from %v to %v", o, first.Loss, last.Loss)
	}
}

// livesOn saves tower a, loads it as b and trains both on.
func (s *backboneSuite) livesOn(t T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.tower")
	err := s.b.SaveTower(t.Context(), "a", path)
	if err = errors.Join(err, s.b.LoadTower(t.Context(), "b", path)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.b.CloseTower(context.Background(), "b") })
	same(t, "saved and loaded", s.rank(t, "a", towerItems), s.rank(t, "b", towerItems), s.o.Tolerance)
	docs := s.documents(t, contract.NextWord)
	for range 2 { // the second pass shows the optimiser's state and what trains
		a, b := s.train(t, s.spec("a", contract.NextWord), docs), s.train(t, s.spec("b", contract.NextWord), docs)
		if !s.close(a.Loss, b.Loss) {
			t.Errorf("trained on, the saved tower has loss %v, the loaded one %v", a.Loss, b.Loss)
		}
	}
}

func (s *backboneSuite) wrongTrainables(t T) {
	refused := func(train contract.Trainable, names string) {
		t.Helper()
		mustBe(t, s.b.OpenTower(t.Context(), TowerSpec("a", train)), contract.ErrInvalid, names)
	}
	refused(contract.Trainable{Mode: "some"}, "some")
	refused(contract.Trainable{Scratch: true}, "scratch")
	refused(contract.Trainable{LoRA: contract.LoRA{Rank: 1, Alpha: 1}}, "LoRA")
	if !s.info.Can(contract.CapabilityLoRA) {
		return
	}
	refused(lora(0), "rank")
	refused(lora(1, "attention", "no_such_module"), "no_such_module")
	refused(lora(1, "no_such_module"), contract.GroupAttention)
	refused(lora(1, "no_such_module"), contract.GroupFeedForward)
}
