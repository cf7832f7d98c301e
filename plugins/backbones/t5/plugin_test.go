package main

import (
	"testing"

	"cllm4rec/core/contract/contracttest"
	"cllm4rec/plugins/internal/lm/lmtest"
)

func TestMain(m *testing.M) { contracttest.Main(m, New()) }

func TestContract(t *testing.T) { suite.Contract(t) }

func TestPretrainingLearnsAndItsFolderLoads(t *testing.T) { suite.Pretraining(t, tiny) }

func TestShapesThatCannotBeAreRefused(t *testing.T) {
	suite.RefusesShapes(t, map[string]string{
		`{"n_layer":2}`: "n_layer", `{"num_heads":3}`: "d_model 128", `{"feed_forward_proj":"gated-mish"}`: "feed_forward_proj",
	})
}

func TestEveryTensorIsAccountedFor(t *testing.T) {
	const ff, bias = "decoder.block.1.layer.2.DenseReluDense.wo.weight", "SelfAttention.relative_attention_bias.weight"
	suite.Accounts(t, []lmtest.TensorCase{
		{"small-a", "", func(s lmtest.Tensors) {
			s["lm_head.weight"], s["encoder.embed_tokens.weight"] = s["shared.weight"], s["shared.weight"]
			s["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = lmtest.Zeros(32, 2)
		}},
		{"small-a", `"lm_head.weight" differs`, func(s lmtest.Tensors) { s["lm_head.weight"] = lmtest.Zeros(53, 16) }},
		{"small-b", `"decoder.embed_tokens.weight" differs`, func(s lmtest.Tensors) { s["decoder.embed_tokens.weight"] = lmtest.Zeros(47, 24) }},
		{"small-b", `"lm_head.weight"`, func(s lmtest.Tensors) { delete(s, "lm_head.weight") }},
		{"small-a", ff, func(s lmtest.Tensors) { delete(s, ff) }},
		{"small-a", "has shape [32 16], expected [16 32]", func(s lmtest.Tensors) { s[ff] = lmtest.Zeros(32, 16) }},
		{"small-a", "encoder.block.0.layer.0." + bias, func(s lmtest.Tensors) { delete(s, "encoder.block.0.layer.0."+bias) }},
		{"small-a", `"encoder.block.1.layer.0.` + bias + `" belongs to no part`, func(s lmtest.Tensors) { s["encoder.block.1.layer.0."+bias] = lmtest.Zeros(32, 2) }},
		{"small-a", `wi_1.weight" belongs to no part`, func(s lmtest.Tensors) { s["encoder.block.1.layer.1.DenseReluDense.wi_1.weight"] = lmtest.Zeros(32, 16) }},
	})
}

func TestVectorsOfTextsAreThoseOfTheirTokens(t *testing.T) {
	suite.EmbeddingTexts(t, suite.WithTokenizer(t, tiny), 32)
}
