package main

import (
	"maps"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm/lmtest"
	"cllm4rec/plugins/internal/models/hf"
)

type keys = lmtest.Keys

// read understands a test folder's configuration with keys changed; nil deletes one.
func read(t *testing.T, folder string, change keys) (config, error) {
	t.Helper()
	return lmtest.ReadConfig[config](t, architecture{}, folder, change)
}

func TestConfigsThatCannotBeFollowedNameTheKey(t *testing.T) {
	bad, no := contract.ErrBadData, contract.ErrUnsupported
	suite.Refuses(t, "small-a", []lmtest.Refusal{
		{keys{"model_type": "mt5"}, no, "model_type mt5"},
		{keys{"d_model": nil}, bad, "d_model missing"},
		{keys{"d_kv": 0}, bad, "d_kv"},
		{keys{"num_layers": "2"}, bad, "num_layers"},
		{keys{"num_decoder_layers": 0}, bad, "num_decoder_layers"},
		{keys{"layer_norm_epsilon": 1}, bad, "layer_norm_epsilon"},
		{keys{"dropout_rate": 1}, bad, "dropout_rate"},
		{keys{"relative_attention_num_buckets": 7}, bad, "relative_attention_num_buckets even"},
		{keys{"relative_attention_max_distance": 16}, bad, "relative_attention_max_distance 32"},
		{keys{"decoder_start_token_id": 53}, bad, "decoder_start_token_id 53"},
		{keys{"feed_forward_proj": "gated-mish"}, no, "feed_forward_proj gated-mish gated-gelu"},
		{keys{"feed_forward_proj": "relu-gated"}, no, "feed_forward_proj relu-gated"},
		{keys{"feed_forward_proj": "gated-gated-relu"}, no, "feed_forward_proj"},
		{keys{"dense_act_fn": "mish"}, no, "dense_act_fn mish"},
		{keys{"is_encoder_decoder": false}, no, "is_encoder_decoder"},
		{keys{"tie_encoder_decoder": true}, no, "tie_encoder_decoder"},
		{keys{"tie_word_embeddings": false, "scale_decoder_outputs": true}, no, "scale_decoder_outputs tie_word_embeddings"},
		{keys{"quantization_config": keys{"bits": 8}}, no, "quantization_config"},
	})
}

func TestAbsentKeysAreThoseOfTransformers(t *testing.T) {
	got, err := read(t, "small-c", keys{"num_decoder_layers": nil, "relative_attention_num_buckets": nil, "relative_attention_max_distance": nil,
		"layer_norm_epsilon": nil, "dropout_rate": nil, "initializer_factor": nil, "feed_forward_proj": nil, "dense_act_fn": nil, "is_gated_act": nil,
		"decoder_start_token_id": nil, "pad_token_id": nil, "is_encoder_decoder": nil, "n_positions": nil})
	want := config{encoders: 1, decoders: 1, heads: 3, width: 8, hidden: 16, inner: 20, words: 41, positions: 512, buckets: 32, distance: 128,
		epsilon: 1e-6, activation: hf.ReLU, tied: true, rate: 0.1, factor: 1}
	if err != nil || got != want {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestFeedForwardNamesAreReadAsTransformersDoes(t *testing.T) {
	type net struct {
		activation hf.Activation
		gated      bool
	}
	for _, c := range []struct {
		change keys
		want   net
	}{
		{keys{"feed_forward_proj": "relu"}, net{hf.ReLU, false}},
		{keys{"feed_forward_proj": "gated-gelu"}, net{hf.GELUTanh, true}},
		{keys{"feed_forward_proj": "gelu"}, net{hf.GELU, false}},
		{keys{"feed_forward_proj": "gated-gelu_new"}, net{hf.GELUTanh, true}},
		{keys{"feed_forward_proj": "gated-silu"}, net{hf.SiLU, true}},
		{keys{"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu"}, net{hf.GELU, true}},
		{keys{"feed_forward_proj": "gated-relu", "is_gated_act": false}, net{hf.ReLU, false}},
	} {
		change := keys{"dense_act_fn": nil, "is_gated_act": nil}
		maps.Copy(change, c.change)
		got, err := read(t, "small-a", change)
		if err != nil || (net{got.activation, got.gated}) != c.want {
			t.Errorf("%v: %v gated %v, %v", c.change, got.activation, got.gated, err)
		}
	}
}

// TestHeadsAreTiedAsBothVersionsOfTransformersSay: version 5 writes that every
// model is tied, and tells T5 1.1 by the scale.
func TestHeadsAreTiedAsBothVersionsOfTransformersSay(t *testing.T) {
	for _, c := range []struct {
		change keys
		tied   bool
	}{
		{keys{"tie_word_embeddings": nil}, true},
		{keys{"tie_word_embeddings": false}, false},
		{keys{"tie_word_embeddings": true, "scale_decoder_outputs": true}, true},
		{keys{"tie_word_embeddings": true, "scale_decoder_outputs": false}, false},
	} {
		if got, err := read(t, "small-b", c.change); err != nil || got.tied != c.tied {
			t.Errorf("%v: tied %v, %v", c.change, got.tied, err)
		}
	}
}

func TestStartIsThePaddingWhereNothingElseIsSaid(t *testing.T) {
	got, err := read(t, "small-a", keys{"decoder_start_token_id": nil, "pad_token_id": 7, "n_positions": 32})
	if shape := got.Shape(); err != nil || shape.Start != 7 || shape.MaxLength != 32 || !shape.Separate || shape.Layers != 4 {
		t.Errorf("%+v, %v", shape, err)
	}
}

// TestRandomWeightsAreAsLargeAsT5s: standard deviations of modeling_t5's
// _init_weights for factor 2, width 16, 2 heads of width 8, inner 32.
func TestRandomWeightsAreAsLargeAsT5s(t *testing.T) {
	c, err := read(t, "small-a", keys{"initializer_factor": 2})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"shared.weight": 2, "encoder.block.0.layer.0.SelfAttention.q.weight": 2 / 11.313708498984761,
		"encoder.block.0.layer.0.SelfAttention.k.weight": 0.5, "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": 0.5,
		"decoder.block.1.layer.1.EncDecAttention.o.weight": 0.5, "decoder.block.1.layer.2.DenseReluDense.wi.weight": 0.5,
		"decoder.block.1.layer.2.DenseReluDense.wo.weight": 2 / 5.656854249492381, "decoder.final_layer_norm.weight": 0}
	found := 0
	for _, w := range c.Layout().Specs {
		if std, ok := want[w.Name]; ok {
			if found++; w.Std-std > 1e-12 || std-w.Std > 1e-12 {
				t.Errorf("%s: %v, expected %v", w.Name, w.Std, std)
			}
		}
		if strings.HasSuffix(w.Name, "norm.weight") && w.Mean != 2 {
			t.Errorf("%s: mean %v", w.Name, w.Mean)
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d weights are there", found, len(want))
	}
}

func FuzzConfig(f *testing.F) {
	lmtest.FuzzConfig(f, architecture{}, func(c config) bool {
		return c.heads >= 1 && c.width >= 1 && c.buckets >= 4 && c.start < c.words && c.Shape().MaxLength >= 1
	}, folders()...)
}
