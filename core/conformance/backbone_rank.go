package conformance

import (
	"context"
	"math"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
)

func (s *backboneSuite) scores(t T) {
	s.open(t, "a")
	docs := s.documents(t, contract.NextItem)
	score := func(batch int) contract.LMScore {
		r, err := s.b.Score(t.Context(), contract.ScoreSpec{Tower: "a", Objective: contract.NextItem, PredictFirst: true, Batch: batch}, chunked(docs, 5), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before, again := score(1), score(4)
	if before.Tokens != int64(3*len(docs)) || again.Tokens != before.Tokens || !s.close(before.NLL, again.NLL) {
		t.Errorf("scores %+v in batches of 1 and %+v in batches of 4", before, again)
	}
	// Soft tokens drawn near zero give nearly uniform predictions.
	if perToken := before.NLL / float64(before.Tokens); math.Abs(perToken-math.Log(towerItems)) > 1 {
		t.Errorf("an untrained tower has %v per token, want about ln %d", perToken, towerItems)
	}
	for range 10 {
		s.train(t, s.spec("a", contract.NextItem), docs)
	}
	if after := score(4); !(after.NLL < before.NLL) {
		t.Errorf("training took the score from %v to %v", before.NLL, after.NLL)
	}
}

func (s *backboneSuite) ranks(t T) {
	s.open(t, "a")
	for range 5 {
		s.train(t, s.spec("a", contract.Multinomial), s.documents(t, contract.Multinomial))
	}
	together := s.rank(t, "a", towerItems)
	same(t, "a shorter ranking", together, s.rank(t, "a", 3), s.o.Tolerance)
	prompts, _ := s.prompts(t, towerItems)
	var alone []contract.Ranking
	for _, p := range prompts {
		one, err := s.b.Rank(t.Context(), "a", contract.RankSpec{Ties: contract.Ties{Seed: 1}}, []contract.RankPrompt{p})
		if err != nil {
			t.Fatal(err)
		}
		alone = append(alone, one...)
	}
	same(t, "alone and together", together, alone, s.o.Tolerance)
}

func (s *backboneSuite) saves(t T) {
	s.open(t, "a")
	docs, path := s.documents(t, contract.NextItem), filepath.Join(t.TempDir(), "a.tower")
	s.train(t, s.spec("a", contract.NextItem), docs)
	if err := s.b.SaveTower(t.Context(), "a", path); err != nil {
		t.Fatal(err)
	}
	if err := s.b.LoadTower(t.Context(), "b", path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.b.CloseTower(context.Background(), "b") })
	same(t, "saved and loaded", s.rank(t, "a", towerItems), s.rank(t, "b", towerItems), s.o.Tolerance)
	for range 2 { // the second pass shows the optimiser's state
		a, b := s.train(t, s.spec("a", contract.NextItem), docs), s.train(t, s.spec("b", contract.NextItem), docs)
		if !s.close(a.Loss, b.Loss) {
			t.Errorf("trained on, the saved tower has loss %v, the loaded one %v", a.Loss, b.Loss)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("saving left %v, error %v", entries, err)
	}
}

func (s *backboneSuite) badFiles(t T) {
	dir := t.TempDir()
	missing, damaged := filepath.Join(dir, "missing.tower"), filepath.Join(dir, "damaged.tower")
	if err := os.WriteFile(damaged, []byte("this is no tower at all, but it is long enough"), 0o644); err != nil {
		t.Fatal(err)
	}
	mustBe(t, s.b.LoadTower(t.Context(), "a", missing), contract.ErrNotFound, "missing.tower")
	mustBe(t, s.b.LoadTower(t.Context(), "a", damaged), contract.ErrBadData, "damaged.tower")
}
