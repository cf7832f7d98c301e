package gguf

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Config is the model's configuration by the keys of transformers' config.json.
// ErrBadData names a metadata key that is missing or of another type;
// ErrUnsupported a scaling of rotary embeddings that config.json cannot say.
func (f *File) Config() (map[string]json.RawMessage, error) {
	c, err := f.model.config()
	if err != nil {
		return nil, inFile(f.path, err)
	}
	return c, nil
}

func (m *model) config() (map[string]json.RawMessage, error) {
	md, at := metadata{values: m.metadata.values}, m.arch+"."
	words, err := m.words()
	if err != nil {
		return nil, err
	}
	_, untied := m.tensors["lm_head.weight"]
	texts := map[string]string{
		"model_type": strconv.Quote(m.arch), "hidden_act": `"silu"`, "vocab_size": strconv.Itoa(words),
		"hidden_size": strconv.Itoa(md.positive(at + "embedding_length")), "num_hidden_layers": strconv.Itoa(md.positive(at + "block_count")),
		"intermediate_size": strconv.Itoa(md.positive(at + "feed_forward_length")), "max_position_embeddings": strconv.Itoa(md.positive(at + "context_length")),
		"num_attention_heads": strconv.Itoa(m.heads), "num_key_value_heads": strconv.Itoa(m.groups), "head_dim": strconv.Itoa(m.width),
		"rms_norm_eps": md.number(at + "attention.layer_norm_rms_epsilon"), "rope_theta": "10000.0", "tie_word_embeddings": strconv.FormatBool(!untied),
	}
	if md.has(at + "rope.freq_base") {
		texts["rope_theta"] = md.number(at + "rope.freq_base")
	}
	m.biases(texts)
	for name, key := range map[string]string{"bos_token_id": "tokenizer.ggml.bos_token_id", "eos_token_id": "tokenizer.ggml.eos_token_id"} {
		if id := tokenID(&md, key); id >= 0 {
			texts[name] = strconv.Itoa(id)
		}
	}
	if md.err != nil {
		return nil, md.err
	}
	return m.scaled(texts)
}

// words is the number of rows of the word embedding.
func (m *model) words() (int, error) {
	t, ok := m.tensors["model.embed_tokens.weight"]
	if !ok || len(t.shape) != 2 {
		return 0, damaged("no matrix \"token_embd.weight\": not a language model")
	}
	return t.shape[0], nil
}

// biases: Qwen2 always has those of queries, keys and values and says nothing of them.
func (m *model) biases(texts map[string]string) {
	if m.arch != "llama" {
		return
	}
	for key, name := range map[string]string{"attention_bias": "self_attn.q_proj.bias", "mlp_bias": "mlp.gate_proj.bias"} {
		_, has := m.tensors["model.layers.0."+name]
		texts[key] = strconv.FormatBool(has)
	}
}

// scaled adds rope_scaling and makes JSON of it all.
func (m *model) scaled(texts map[string]string) (map[string]json.RawMessage, error) {
	scaling, err := m.scaling()
	if err != nil {
		return nil, err
	}
	if scaling != "" {
		texts["rope_scaling"] = scaling
	}
	out := make(map[string]json.RawMessage, len(texts))
	for key, text := range texts {
		out[key] = json.RawMessage(text)
	}
	return out, nil
}

// scaling is rope_scaling as JSON, "" for none. llama.cpp keeps LLaMA 3's scaling
// as one factor per frequency and the others as metadata.
func (m *model) scaling() (string, error) {
	md, at := metadata{values: m.metadata.values}, m.arch+".rope.scaling."
	kind := md.text(at + "type")
	if m.factors != nil {
		return m.llama3(&md, kind)
	}
	switch {
	case md.err != nil:
		return "", md.err
	case kind == "" && (md.has(at+"factor") || md.has(m.arch+".rope.scale_linear")):
		return "", unsupported("the rotary embeddings have a scale and %stype does not say which", at)
	case kind == "" || kind == "none":
		return "", nil
	case kind == "linear":
		return fmt.Sprintf(`{"rope_type": "linear", "factor": %s}`, md.number(at+"factor")), md.err
	case kind == "yarn" && !md.has(at+"attn_factor"):
		return fmt.Sprintf(`{"rope_type": "yarn", "factor": %s, "original_max_position_embeddings": %d}`,
			md.number(at+"factor"), md.positive(at+"original_context_length")), md.err
	}
	return "", unsupported("%stype %q is not followed", at, kind)
}

// What LLaMA 3.1 to 3.3 have in common (convert_hf_to_gguf.py falls back on the same).
const (
	llama3Low     = 1.0
	llama3High    = 4.0
	llama3Context = 8192
)

// llama3 finds the parameters that give the file's factors: the largest factor,
// and what every released model has for the rest. Other parameters are refused
// rather than approximated.
func (m *model) llama3(md *metadata, kind string) (string, error) {
	theta, err := strconv.ParseFloat(md.number(m.arch+".rope.freq_base"), 64)
	context := md.positiveOr(m.arch+".rope.scaling.original_context_length", llama3Context)
	if md.err != nil || err != nil {
		return "", md.err
	}
	factor := float64(slices.Max(m.factors))
	for i, got := range m.factors {
		wave := 2 * math.Pi * math.Pow(theta, 2*float64(i)/float64(m.width))
		smooth := min(1, max(0, (float64(context)/wave-llama3Low)/(llama3High-llama3Low)))
		if want := 1 / ((1-smooth)/factor + smooth); kind != "" && kind != "none" || !(math.Abs(float64(got)-want) <= 1e-4*want) {
			return "", unsupported("rope_freqs.weight is not LLaMA 3's scaling (factor %g, low 1, high 4, context %d): element %d is %g, expected %g",
				factor, context, i, got, want)
		}
	}
	return fmt.Sprintf(`{"rope_type": "llama3", "factor": %s, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": %d}`,
		strconv.FormatFloat(factor, 'g', -1, 32), context), nil
}
