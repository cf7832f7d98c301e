package conformance

import (
	"path/filepath"

	"cllm4rec/core/contract"
)

// calls cuts a pass between its two batches, saves the tower there and goes on with
// the file.
func (s *backboneSuite) calls(t T) {
	if !s.info.Can(contract.CapabilityFirstStep) {
		t.Skip("the backbone does not take a pass in several calls")
	}
	docs := s.documents(t, contract.NextItem)
	spec := s.spec("a", contract.NextItem)
	spec.Dropout, spec.Seed = 0.5, 7
	spec.Schedule = contract.Schedule{Kind: contract.ScheduleCosine, Total: 3}
	s.open(t, "a")
	s.train(t, spec, docs)
	want := s.rank(t, "a", towerItems)

	s.open(t, "a")
	first := s.train(t, spec, docs[:spec.Batch])
	path := filepath.Join(t.TempDir(), "a.tower")
	if err := s.b.SaveTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	if err := s.b.LoadTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	spec.FirstStep = first.Steps
	s.train(t, spec, docs[spec.Batch:])
	same(t, "a tower whose pass was cut", want, s.rank(t, "a", towerItems), s.o.Tolerance)
}
