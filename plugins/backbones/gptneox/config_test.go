package main

import (
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/nn"
)

type keys = lmtest.Keys

// read understands a test folder's configuration with keys changed; nil deletes one.
func read(t *testing.T, folder string, change keys) (config, error) {
	t.Helper()
	return lmtest.ReadConfig[config](t, architecture{}, folder, change)
}

func TestConfigsThatCannotBeFollowedNameTheKey(t *testing.T) {
	bad, no := contract.ErrBadData, contract.ErrUnsupported
	suite.Refuses(t, "parallel", []lmtest.Refusal{
		{keys{"model_type": "gptj"}, no, "model_type gpt_neox gptj"},
		{keys{"hidden_size": nil, "hiden_size": 16}, bad, "hidden_size missing hiden_size"},
		{keys{"num_attention_heads": 3}, bad, "num_attention_heads 3 16"},
		{keys{"head_dim": 4}, no, "head_dim 4 8"},
		{keys{"hidden_act": "mish"}, no, "hidden_act mish gelu"},
		{keys{"layer_norm_eps": -1}, bad, "layer_norm_eps"},
		{keys{"hidden_dropout": 1}, bad, "hidden_dropout"},
		{keys{"rotary_pct": 1.5}, bad, "rotary_pct 1.5"},
		{keys{"rotary_pct": 0.4, "partial_rotary_factor": nil}, no, "rotary_pct 0.4 3 even"},
		{keys{"rotary_pct": 0, "partial_rotary_factor": nil}, no, "rotary_pct 0 even"},
		{keys{"rotary_pct": 0.5}, bad, "partial_rotary_factor 0.25 0.5"},
		{keys{"rotary_emb_base": 1}, bad, "rotary_emb_base"},
		{keys{"rotary_emb_base": 500}, bad, "rope_theta 10000 500"},
		{keys{"rope_scaling": keys{"type": "longrope", "factor": 2}}, no, "rope_scaling type longrope yarn"},
		{keys{"rope_scaling": keys{"rope_type": "dynamic", "factor": 2}}, no, "rope_scaling rope_type dynamic 2 columns"},
		{keys{"rope_scaling": keys{"factor": 2}}, bad, "rope_scaling rope_type missing"},
		{keys{"rope_scaling": 2}, bad, "rope_scaling"},
		{keys{"rope_parameters": keys{"rope_type": "yarn"}}, bad, "rope_parameters factor missing"},
		{keys{"rope_parameters": keys{"partial_rotary_factor": 0.5}}, bad, "rotary_pct 0.25 0.5"},
		{keys{"rope_parameters": keys{"rope_theta": "x"}}, bad, "rope_parameters rope_theta"},
		{keys{"quantization_config": keys{"bits": 4}}, no, "quantization_config"},
	})
}

func TestAbsentKeysAreThoseOfTransformers(t *testing.T) {
	got, err := read(t, "sequential", keys{"use_parallel_residual": nil, "rotary_pct": nil, "rotary_emb_base": nil, "partial_rotary_factor": nil,
		"rope_theta": nil, "rope_scaling": nil, "layer_norm_eps": nil, "hidden_act": nil, "attention_bias": nil, "tie_word_embeddings": nil,
		"hidden_dropout": nil, "attention_dropout": nil, "initializer_range": nil, "hidden_size": 48})
	want := config{layers: 2, heads: 3, hidden: 48, inner: 20, words: 37, positions: 48, epsilon: 1e-5, activation: hf.GELU,
		rotary: nn.RotaryOptions{Theta: 1e4, Dim: 4}, bias: true, parallel: true, std: 0.02}
	if err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

// TestNewestKeysSayTheSameAsOldOnes: transformers 5 writes rope_parameters alone.
func TestNewestKeysSayTheSameAsOldOnes(t *testing.T) {
	for folder, p := range map[string]keys{
		"parallel":   {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25},
		"sequential": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 1.0},
	} {
		want, err := read(t, folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := read(t, folder, keys{"rotary_pct": nil, "rotary_emb_base": nil, "partial_rotary_factor": nil, "rope_theta": nil,
			"rope_scaling": nil, "rope_parameters": p})
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v\nwant %+v", folder, got, err, want)
		}
	}
}

func TestStretchedAnglesAreThoseOfTheTurnedColumns(t *testing.T) {
	for name, want := range map[string]hf.RotaryScaling{
		"linear": {Type: "linear", Factor: 2, Original: 48}, "dynamic": {Type: "dynamic", Factor: 2, Original: 48},
		"yarn": {Type: "yarn", Factor: 2, Original: 48},
	} {
		got, err := read(t, "sequential", keys{"rope_scaling": keys{"type": name, "factor": 2}})
		longest := map[string]int{"linear": 48, "dynamic": 96, "yarn": 96}[name]
		if err != nil || got.rotary != (nn.RotaryOptions{Theta: 500, Dim: 4, Scaling: want}) || got.Shape().MaxLength != longest || got.Shape().Whole != (name == "dynamic") {
			t.Errorf("%s: %+v of %+v, %v", name, got.rotary, got.Shape(), err)
		}
	}
}

func TestDropoutRatesAreTheConfigurations(t *testing.T) {
	c, err := read(t, "sequential", keys{"hidden_dropout": 0.2, "attention_dropout": 0.3})
	if want := (nn.Dropout{Embedding: 0.2, Residual: 0.2, Attention: 0.3}); err != nil || c.Rates() != want {
		t.Errorf("%+v, %v, expected %+v", c.Rates(), err, want)
	}
}

func FuzzConfig(f *testing.F) {
	lmtest.FuzzConfig(f, architecture{}, func(c config) bool {
		return c.hidden%c.heads == 0 && c.rotary.Dim >= 2 && c.rotary.Dim <= c.width() && c.positions >= 1 && c.rotary.Theta > 1
	}, folders()...)
}
