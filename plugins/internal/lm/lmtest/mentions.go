package lmtest

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

// Unmentioned trains a content tower on texts of items alone: a prior toward it
// that takes only what it mentions leaves the gradient of every user token as it
// is without the prior, and that of the items' tokens as with the whole prior.
func (s Suite) Unmentioned(t *testing.T, folder string, words int) {
	const users, items = 3, 4
	b := s.Loaded(t, folder, nil)
	for i, name := range []string{"l", "c"} {
		if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: name, Users: users, Items: items, InitStd: 0.02, Seed: uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	item := func(j int) int32 { return int32(words + users + j) }
	content := contract.TrainSpec{Tower: "c", Objective: contract.NextWord, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 4, LearningRate: 1e-2}
	var texts, histories []contract.Example
	for j := range items {
		texts = append(texts, contract.Example{Prompt: []int32{5, item(j)}, Main: []int32{7, 9}})
	}
	if _, err := b.TrainTower(t.Context(), content, Stream(texts...), nil); err != nil {
		t.Fatal(err)
	}
	for u := range users {
		histories = append(histories, contract.Example{Prompt: []int32{int32(words + u), 6}, Main: []int32{item(u), item(u + 1)}})
	}
	gradient := func(priors ...contract.Prior) map[string][]float32 {
		spec := contract.TrainSpec{Tower: "l", Objective: contract.NextItem, Reduction: contract.ExampleMean, PredictFirst: true, Batch: users, LearningRate: 1, Priors: priors}
		got, err := b.Gradient(spec, histories)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	prior := contract.Prior{Toward: "c", Coefficient: 10, Reduction: contract.ExampleMean}
	free, whole := gradient(), gradient(prior)
	prior.MentionedOnly = true
	got := gradient(prior)
	if !slices.Equal(got["user"], free["user"]) || slices.Equal(whole["user"], free["user"]) {
		t.Error("users that no text mentions are pulled as others are")
	}
	if !slices.Equal(got["item"], whole["item"]) {
		t.Error("items that texts mention are not pulled as before")
	}
}
