package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
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
	suite.Refuses(t, "small-b", []lmtest.Refusal{
		{keys{"model_type": "gemma"}, no, "model_type llama, mistral, qwen2"},
		{keys{"hidden_size": nil}, bad, "hidden_size missing"},
		{keys{"num_key_value_heads": 3}, bad, "num_key_value_heads 3"},
		{keys{"num_attention_heads": 5, "head_dim": nil, "num_key_value_heads": nil}, bad, "num_attention_heads 5"},
		{keys{"head_dim": 3}, bad, "head_dim even"},
		{keys{"hidden_act": "mish"}, no, "hidden_act mish"},
		{keys{"rms_norm_eps": -1}, bad, "rms_norm_eps"},
		{keys{"rope_theta": 1}, bad, "rope_theta"},
		{keys{"partial_rotary_factor": 0.5}, no, "partial_rotary_factor"},
		{keys{"rope_interleaved": true}, no, "rope_interleaved"},
		{keys{"quantization_config": keys{"bits": 4}}, no, "quantization_config GGUF"},
		{keys{"rope_scaling": 2}, bad, "rope_scaling"},
		{keys{"rope_scaling": keys{"factor": 2}}, bad, "rope_scaling rope_type missing"},
		{keys{"rope_scaling": keys{"rope_type": "longrope"}}, no, "rope_type longrope llama3 yarn"},
		{keys{"rope_scaling": keys{"rope_type": "linear", "type": "yarn"}}, bad, "rope_type linear yarn"},
		{keys{"rope_scaling": keys{"type": "linear"}}, bad, "factor missing"},
		{keys{"rope_scaling": keys{"type": "linear", "factor": 0.5}}, bad, "factor 0.5"},
		{keys{"rope_parameters": keys{"rope_type": "default", "partial_rotary_factor": 0.25}}, no, "rope_parameters partial_rotary_factor"},
		{keys{"rope_scaling": keys{"type": "dynamic", "factor": 2}, "head_dim": 2}, no, "dynamic"},
	})
	suite.Refuses(t, "rope-llama3", []lmtest.Refusal{
		{keys{"rope_scaling": keys{"rope_type": "llama3", "factor": 2, "low_freq_factor": 1, "high_freq_factor": 4}}, bad, "original_max_position_embeddings"},
		{keys{"rope_scaling": keys{"rope_type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 4,
			"original_max_position_embeddings": 8}}, bad, "high_freq_factor"},
	})
	suite.Refuses(t, "qwen2", []lmtest.Refusal{
		{keys{"use_sliding_window": true}, no, "use_sliding_window"},
		{keys{"num_key_value_heads": nil}, bad, "num_key_value_heads"},
	})
}

func TestAbsentKeysAreThoseOfTransformers(t *testing.T) {
	got, err := read(t, "small-b", keys{"num_key_value_heads": nil, "head_dim": nil, "rms_norm_eps": nil, "rope_theta": nil, "hidden_act": nil,
		"attention_bias": nil, "mlp_bias": nil, "tie_word_embeddings": nil, "attention_dropout": nil, "initializer_range": nil})
	want := config{layers: 3, heads: 4, groups: 4, width: 4, hidden: 16, inner: 28, words: 41, positions: 64, epsilon: 1e-6,
		activation: hf.SiLU, rotary: nn.RotaryOptions{Theta: 1e4, Dim: 4}, std: 0.02}
	if err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestNewestKeysSayTheSameAsOldOnes(t *testing.T) {
	for _, folder := range []string{"rope-linear", "rope-dynamic", "rope-llama3", "rope-yarn", "rope-yarn-b", "small-b"} {
		old, err := read(t, folder, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("testdata", folder, "config.json"))
		var values struct {
			Scaling keys    `json:"rope_scaling"`
			Theta   float64 `json:"rope_theta"`
		}
		if err := errors.Join(err, json.Unmarshal(text, &values)); err != nil {
			t.Fatal(err)
		}
		parameters := keys{"rope_type": "default", "rope_theta": values.Theta}
		maps.Copy(parameters, values.Scaling)
		got, err := read(t, folder, keys{"rope_scaling": nil, "rope_theta": nil, "rope_parameters": parameters})
		if err != nil || got != old {
			t.Errorf("%s: %+v, %v\nwant %+v", folder, got, err, old)
		}
	}
}

// TestMistralIsLLaMAWithinItsWindow: texts no longer than the window are seen whole.
func TestMistralIsLLaMAWithinItsWindow(t *testing.T) {
	want, err := read(t, "small-b", nil)
	if err != nil {
		t.Fatal(err)
	}
	for window, positions := range map[any]int{nil: 64, 48: 48, 4096: 64} {
		got, err := read(t, "small-b", keys{"model_type": "mistral", "sliding_window": window})
		want.positions = positions
		if err != nil || got != want {
			t.Errorf("window %v: %+v, %v\nwant %+v", window, got, err, want)
		}
	}
}

func TestLengthsFollowTheScaling(t *testing.T) {
	for folder, want := range map[string]int{"rope-linear": 64, "rope-dynamic": 64, "rope-llama3": 64, "rope-yarn": 64, "rope-yarn-b": 64} {
		if got, err := read(t, folder, nil); err != nil || got.Shape().MaxLength != want {
			t.Errorf("%s: %d, %v, expected %d", folder, got.Shape().MaxLength, err, want)
		}
	}
	got, err := read(t, "rope-yarn", keys{"max_position_embeddings": 16})
	if err != nil || got.Shape().MaxLength != 64 {
		t.Errorf("%d, %v, expected 16 x 4", got.Shape().MaxLength, err)
	}
}

func FuzzConfig(f *testing.F) {
	lmtest.FuzzConfig(f, architecture{}, func(c config) bool {
		return c.heads%c.groups == 0 && c.width%2 == 0 && c.positions >= 1 && c.rotary.Theta > 1
	}, folders()...)
}
