package main

import (
	"testing"

	"cllm4rec/plugins/internal/lm/lmtest"
)

func TestContract(t *testing.T) { suite.Contract(t) }

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) { suite.Pretraining(t, tiny) }

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	suite.RefusesShapes(t, map[string]string{
		`{"n_layer":2}`: "n_layer", `{"num_attention_heads":3}`: "hidden_size 128", `{"num_attention_heads":128}`: "even",
		`{"num_key_value_heads":3}`: "num_key_value_heads 3",
	})
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	suite.Accounts(t, []lmtest.TensorCase{
		{"small-b", "", func(s lmtest.Tensors) {
			s["model.layers.0.self_attn.rotary_emb.inv_freq"] = lmtest.Zeros(2)
			s["lm_head.weight"] = s["model.embed_tokens.weight"]
		}},
		{"small-b", `"lm_head.weight" differs`, func(s lmtest.Tensors) { s["lm_head.weight"] = lmtest.Zeros(41, 16) }},
		{"small-b", `"model.layers.2.mlp.up_proj.weight"`, func(s lmtest.Tensors) { delete(s, "model.layers.2.mlp.up_proj.weight") }},
		{"small-b", `"model.layers.3.mlp.up_proj.weight" belongs to no part`, func(s lmtest.Tensors) { s["model.layers.3.mlp.up_proj.weight"] = lmtest.Zeros(28, 16) }},
		{"small-b", `"model.layers.0.self_attn.o_proj.bias" belongs to no part`, func(s lmtest.Tensors) { s["model.layers.0.self_attn.o_proj.bias"] = lmtest.Zeros(16) }},
		{"small-b", "has shape [16 16], expected [8 16]", func(s lmtest.Tensors) { s["model.layers.0.self_attn.k_proj.weight"] = lmtest.Zeros(16, 16) }},
		{"small-a", `"lm_head.weight"`, func(s lmtest.Tensors) { delete(s, "lm_head.weight") }},
		{"small-c", `"model.layers.1.mlp.down_proj.bias"`, func(s lmtest.Tensors) { delete(s, "model.layers.1.mlp.down_proj.bias") }},
		{"qwen2", `"model.layers.1.self_attn.v_proj.bias"`, func(s lmtest.Tensors) { delete(s, "model.layers.1.self_attn.v_proj.bias") }},
	})
}

func TestVectorsOfTextsAreThoseOfTheirTokens(t *testing.T) {
	suite.EmbeddingTexts(t, suite.WithTokenizer(t, tiny), 32)
}
