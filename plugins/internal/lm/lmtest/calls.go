package lmtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
)

// Calls trains a tower of each kind in one call for each pass and, in an engine of
// its own, in a call for each step with the tower's file between them: the files
// are the same bytes in the end. Dropout, the schedule and the prior are on.
func (s Suite) Calls(t *testing.T, folder string, words int) {
	for mode, train := range kinds() {
		train.LoRA.Dropout = 0.1 * float64(min(train.LoRA.Rank, 1))
		whole, cut := s.passes(t, folder, words, train, len(histories(words))), s.passes(t, folder, words, train, 1)
		for i := range whole {
			if !bytes.Equal(whole[i], cut[i]) {
				t.Errorf("%s: tower %d is another one when its passes are cut", mode, i)
			}
		}
	}
}

// passes trains two towers in turn, so many examples in a call, and gives their files.
func (s Suite) passes(t *testing.T, folder string, words int, train contract.Trainable, perCall int) (files [][]byte) {
	t.Helper()
	e := s.Loaded(t, folder, nil)
	dir, names := t.TempDir(), []string{"l", "c"}
	for i, name := range names {
		spec := contract.TowerSpec{Name: name, Users: someUsers, Items: someItems, InitStd: 0.02, Seed: uint64(i), Train: train}
		if err := e.OpenTower(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
	}
	docs := histories(words)
	for pass := range 4 {
		name, other := names[pass%2], names[(pass+1)%2]
		for at := 0; at < len(docs); at += perCall {
			spec := contract.TrainSpec{
				Tower: name, Objective: contract.NextItem, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 1, LearningRate: 1e-2,
				Dropout: 0.2, Seed: uint64(pass), FreshOptimiser: pass < 2 && at == 0, FirstStep: int64(at), MaxGradNorm: 1, WeightDecay: 0.01,
				Priors:   []contract.Prior{{Toward: other, Coefficient: 0.5, Reduction: contract.ExampleMean, MentionedOnly: true}},
				Schedule: contract.Schedule{Kind: contract.ScheduleCosine, WarmUp: 1, Total: 8, Start: int64(pass / 2 * len(docs))},
			}
			if _, err := e.TrainTower(t.Context(), spec, Stream(docs[at:min(at+perCall, len(docs))]...), nil); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, fmt.Sprint(name, pass, at))
			if err := e.SaveTower(t.Context(), name, path); err != nil {
				t.Fatal(err)
			}
			if err := e.LoadTower(t.Context(), name, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := e.SaveTower(t.Context(), name, path); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, raw)
	}
	return files
}
