package lmtest

import (
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
)

// rankings compares the item head's logits that Rank sorts by: after the prompts
// and, where the reference has them, after prompts and main texts, and their mean over
// two prompts.
func (r comparison) rankings(t *testing.T, s Suite, c stepCase, b *lm.Backbone) {
	var prompts, whole []contract.RankPrompt
	for _, d := range c.Documents {
		p := contract.RankPrompt{Prompt: d.Prompt, K: int32(r.Items)}
		prompts = append(prompts, p)
		if p.Main = d.Main; !s.Separate { // one text
			p.Prompt, p.Main = slices.Concat(d.Prompt, d.Main), nil
		}
		whole = append(whole, p)
	}
	r.itemLogits(t, c, b, "item_logits", prompts)
	if slices.Contains(r.arrays.Names(), c.Name+"/item_logits_after_main") {
		r.itemLogits(t, c, b, "item_logits_after_main", whole)
	}
	if slices.Contains(r.arrays.Names(), c.Name+"/mean_logits") {
		mean := prompts[0]
		mean.Others = []contract.PromptText{{Prompt: prompts[1].Prompt}}
		r.itemLogits(t, c, b, "mean_logits", []contract.RankPrompt{mean})
	}
}

// itemLogits asks for all items and puts their scores in the items' order.
func (r comparison) itemLogits(t *testing.T, c stepCase, b *lm.Backbone, name string, prompts []contract.RankPrompt) {
	t.Helper()
	r.logitsOf(t, c, b, c.Tower, name, prompts)
}

func (r comparison) logitsOf(t *testing.T, c stepCase, b *lm.Backbone, tower, name string, prompts []contract.RankPrompt) {
	t.Helper()
	rankings, err := b.Rank(t.Context(), tower, contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, r.Items*len(prompts))
	for i, ranking := range rankings {
		for k, item := range ranking.Items {
			got[r.Items*i+int(item)] = ranking.Scores[k]
		}
	}
	r.within(t, name, got, array(t, r.arrays, c.Name+"/"+name))
}
