package lmtest

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
)

// Newcomers compares the towers that OpenNewcomers makes with PyTorch: tokens and
// rankings before their users are fitted, losses on the way, tokens and rankings after.
func (s Suite) Newcomers(t *testing.T, name string) {
	r := comparison{stepFile: readSteps(t, name), tolerance: Float32, moved: Moved}
	for _, c := range r.Cases {
		t.Run(c.Name, func(t *testing.T) { r.newcomers(t, s, c) })
	}
}

func (r comparison) newcomers(t *testing.T, s Suite, c stepCase) {
	b := s.Loaded(t, c.Folder, nil)
	r.towers(t, b, c)
	words := c.Documents[0].Prompt[0] - int32(r.Users) // it begins with the first further user
	r.mention(t, b, c.Tower, words, r.Known.Items)
	r.mention(t, b, "content", words, r.Known.ContentItems)
	open := contract.NewcomerSpec{Name: "newcomers", Of: c.Tower, Users: r.Further, Items: c.Start}
	if c.Start == contract.ItemsOfTower {
		open.From = "content"
	}
	if err := b.OpenNewcomers(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	var prompts []contract.RankPrompt
	for _, d := range c.Documents {
		prompts = append(prompts, contract.RankPrompt{Prompt: d.Prompt, K: int32(r.Items)})
	}
	first := users(t, b, open.Name)
	r.within(t, "first_user", first, array(t, r.arrays, c.Name+"/first_user"))
	r.logitsOf(t, c, b, open.Name, "item_logits", prompts)
	spec := c.spec()
	spec.Tower = open.Name
	r.passes(t, c, b, spec, c.docs())
	final, want := users(t, b, open.Name), array(t, r.arrays, c.Name+"/final_user")
	r.within(t, "final_user", final, want)
	r.compareMoved(t, "user", first, final, want)
	r.logitsOf(t, c, b, open.Name, "fitted_logits", prompts)
}

// mention takes a step on the known users and on items that is too small to be seen.
func (r comparison) mention(t *testing.T, b *lm.Backbone, tower string, words int32, items []int32) {
	t.Helper()
	d := contract.Example{Targets: items}
	for _, u := range r.Known.Users {
		d.Prompt = append(d.Prompt, words+u)
	}
	spec := contract.TrainSpec{Tower: tower, Objective: contract.Multinomial, Reduction: contract.ExampleMean, Batch: 1, LearningRate: 1e-12, FreshOptimiser: true}
	if _, err := b.TrainTower(t.Context(), spec, Stream(d), nil); err != nil {
		t.Fatal(err)
	}
}

// users are the user tokens of a tower.
func users(t *testing.T, b *lm.Backbone, tower string) (all []float32) {
	t.Helper()
	err := b.TowerVectors(t.Context(), tower, contract.EntityUser, func(c *contract.FeatureChunk) error {
		all = append(all, c.Dense...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
