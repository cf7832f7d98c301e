package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
)

type keys = lmtest.Keys

func TestConfigsThatCannotBeFollowedNameTheKey(t *testing.T) {
	bad, no := contract.ErrBadData, contract.ErrUnsupported
	suite.Refuses(t, "small-b", []lmtest.Refusal{
		{keys{"model_type": "gptj"}, no, "model_type gpt2 gptj"},
		{keys{"n_embd": nil, "n_emb": 24}, bad, "n_embd missing n_emb"},
		{keys{"n_head": 5}, bad, "n_embd n_head 5"},
		{keys{"n_inner": 0}, bad, "n_inner"},
		{keys{"activation_function": "mish"}, no, "activation_function mish"},
		{keys{"attn_pdrop": 1}, bad, "attn_pdrop"},
		{keys{"add_cross_attention": true}, no, "add_cross_attention"},
		{keys{"tie_word_embeddings": "no"}, bad, "tie_word_embeddings"},
		{keys{"quantization_config": keys{"bits": 4}}, no, "quantization_config"},
	})
}

func FuzzConfig(f *testing.F) {
	lmtest.FuzzConfig(f, architecture{}, func(c config) bool {
		return c.hidden%c.heads == 0 && c.positions >= 1 && c.inner >= 1
	}, folders()...)
}
