package conformance

import (
	"math"

	"cllm4rec/core/contract"
)

// still is a clip that leaves so little of a gradient that Adam's epsilon
// swallows it.
const still = 1e-14

func (s *backboneSuite) clips(t T) {
	s.open(t, "a")
	s.open(t, "b")
	before := s.rank(t, "a", towerItems)
	spec := s.spec("a", contract.Multinomial)
	spec.MaxGradNorm = still
	for range 3 {
		s.train(t, spec, s.documents(t, contract.Multinomial))
	}
	same(t, "a tower whose gradients were clipped away", before, s.rank(t, "a", towerItems), max(s.o.Tolerance, 1e-3))
	wide := s.spec("a", contract.Multinomial)
	wide.MaxGradNorm, wide.FreshOptimiser = 1e9, true
	a, b := s.train(t, wide, s.documents(t, contract.Multinomial)), s.train(t, s.spec("b", contract.Multinomial), s.documents(t, contract.Multinomial))
	if !near(float32(a.Loss), float32(b.Loss), 1e-3) {
		t.Errorf("clipped above every gradient the loss is %v, unclipped %v", a.Loss, b.Loss)
	}
}

// decays measures a tower by its distance from zero, as a prior reports it. A
// pass has two steps, each of which halves the tower.
func (s *backboneSuite) decays(t T) {
	s.open(t, "a")
	spec := s.spec("a", contract.NextItem)
	spec.MaxGradNorm, spec.WeightDecay = still, 0.5/spec.LearningRate
	spec.Priors = []contract.Prior{{Coefficient: 1, Reduction: contract.ExampleMean}}
	docs := s.documents(t, contract.NextItem)
	first, second := s.train(t, spec, docs), s.train(t, spec, docs)
	if ratio := first.Priors[0] / second.Priors[0]; math.Abs(ratio-16) > 0.2 {
		t.Errorf("the squared norm went from %v to %v, want a 16th", first.Priors[0], second.Priors[0])
	}
}

func (s *backboneSuite) schedules(t T) {
	docs := s.documents(t, contract.Multinomial)[:4] // one step
	after := func(rate float64, schedule contract.Schedule) []contract.Ranking {
		s.open(t, "a")
		spec := s.spec("a", contract.Multinomial)
		spec.LearningRate, spec.Schedule = rate, schedule
		s.train(t, spec, docs)
		return s.rank(t, "a", towerItems)
	}
	s.open(t, "a")
	untrained := s.rank(t, "a", towerItems)
	same(t, "the end of a cosine", untrained, after(s.o.Rate, contract.Schedule{Kind: contract.ScheduleCosine, Total: 5, Start: 5}), s.o.Tolerance)
	half := after(s.o.Rate/2, contract.Schedule{})
	same(t, "the middle of a cosine", half, after(s.o.Rate, contract.Schedule{Kind: contract.ScheduleCosine, Total: 8, Start: 4}), s.o.Tolerance)
	same(t, "the middle of a warm-up", half, after(s.o.Rate, contract.Schedule{WarmUp: 4, Start: 1}), s.o.Tolerance)
	same(t, "the constant schedule", half, after(s.o.Rate/2, contract.Schedule{Kind: contract.ScheduleConstant, Total: 1, Start: 9}), s.o.Tolerance)
}
