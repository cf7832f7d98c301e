package main

import (
	"encoding/json"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/models/hf"
)

// shape is what PretrainSpec.Shape holds.
type shape struct {
	Hidden       int     `json:"hidden_size" jsonschema:"default=128,minimum=1,description=width of an embedding"`
	Layers       int     `json:"num_hidden_layers" jsonschema:"default=2,minimum=1,description=blocks"`
	Heads        int     `json:"num_attention_heads" jsonschema:"default=4,minimum=1,description=attention heads of a block (their number divides hidden_size)"`
	Inner        int     `json:"intermediate_size" jsonschema:"default=0,minimum=0,description=width of the feed-forward net (0 is four times hidden_size)"`
	Rotary       float64 `json:"rotary_pct" jsonschema:"default=0.25,maximum=1,description=share of a head's columns that positions turn (their number is even and not 0)"`
	Parallel     bool    `json:"use_parallel_residual" jsonschema:"default=true,description=attention and feed-forward net side by side"`
	Positions    int     `json:"max_position_embeddings" jsonschema:"default=256,minimum=2,description=longest sequence in tokens"`
	Words        int     `json:"vocab_size" jsonschema:"default=2000,minimum=257,description=size of the vocabulary with its 256 bytes and the end-of-text token"`
	WeightsDType string  `json:"weights_dtype" jsonschema:"default=float16,enum=float16,enum=float32,description=of the numbers in model.safetensors"`
}

// Config is config.json of a model to be pretrained; its word head is tied.
func (architecture) Config(raw json.RawMessage) (map[string]any, bool, error) {
	s, _, err := sdk.Decode[shape](raw)
	if err == nil && s.Hidden%s.Heads != 0 {
		err = contract.Errorf(contract.ErrInvalid, "num_attention_heads %d does not divide hidden_size %d", s.Heads, s.Hidden)
	}
	if err == nil && !turnable(s.Hidden/s.Heads, s.Rotary) {
		err = contract.Errorf(contract.ErrInvalid, "rotary_pct %v of heads of %d columns is not an even number of columns above 0", s.Rotary, s.Hidden/s.Heads)
	}
	if s.Inner == 0 {
		s.Inner = 4 * s.Hidden
	}
	return map[string]any{
		"model_type": "gpt_neox", "architectures": []string{"GPTNeoXForCausalLM"},
		"hidden_size": s.Hidden, "num_hidden_layers": s.Layers, "num_attention_heads": s.Heads, "intermediate_size": s.Inner,
		"rotary_pct": s.Rotary, "rotary_emb_base": 10000, "use_parallel_residual": s.Parallel, "max_position_embeddings": s.Positions,
		"vocab_size": s.Words, "layer_norm_eps": 1e-5, "hidden_act": hf.GELU, "attention_bias": true, "tie_word_embeddings": true,
		"hidden_dropout": 0.0, "attention_dropout": 0.0, "initializer_range": 0.02,
	}, s.WeightsDType == "float16", err
}

// Tiny is the shape of the model that a check makes.
func (architecture) Tiny() json.RawMessage {
	return json.RawMessage(`{"hidden_size":32,"num_attention_heads":2,"max_position_embeddings":32,"vocab_size":300}`)
}
