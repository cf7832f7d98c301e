package conformance

import (
	"path/filepath"

	"cllm4rec/core/contract"
)

// mentionedOnly: a prior with MentionedOnly has no term for a token that the other
// tower has not been trained on, and the whole term for one that it has; a tower
// that was saved and loaded still knows which.
func (s *backboneSuite) mentionedOnly(t T) {
	for _, o := range []contract.Objective{contract.NextItem, contract.Multinomial} {
		s.open(t, "a")
		s.open(t, "b")
		docs := s.documents(t, o)
		for range 3 {
			s.train(t, s.spec("a", o), docs)
		}
		met, unmet := docs[:1], docs[1:2] // they share no user and no item
		if got := s.penalty(t, o, true, met); got != 0 {
			t.Errorf("%s: toward an untrained tower the penalty is %v, want 0", o, got)
		}
		s.train(t, s.spec("b", o), met)
		path := filepath.Join(t.TempDir(), "b.tower")
		if err := s.b.SaveTower(t.Context(), "b", path); err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"in memory", "loaded"} {
			if got := s.penalty(t, o, true, unmet); got != 0 {
				t.Errorf("%s, %s: tokens that the other tower never met have the penalty %v, want 0", o, when, got)
			}
			all, some := s.penalty(t, o, false, met), s.penalty(t, o, true, met)
			if !(all > 0) || !s.close(all, some) {
				t.Errorf("%s, %s: tokens that the other tower met have the penalty %v, want %v", o, when, some, all)
			}
			if err := s.b.LoadTower(t.Context(), "b", path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// penalty is the prior's part of the loss of some examples under tower a, pulled
// toward b. The rate is so small that measuring it changes nothing.
func (s *backboneSuite) penalty(t T, o contract.Objective, mentionedOnly bool, docs []contract.Example) float64 {
	t.Helper()
	spec := s.spec("a", o)
	spec.LearningRate = 1e-12
	spec.Priors = []contract.Prior{{Toward: "b", Coefficient: 1000, Reduction: contract.ExampleMean, Targets: true, MentionedOnly: mentionedOnly}}
	return s.train(t, spec, docs).Priors[0]
}
