package main

import (
	"fmt"
	"math"
	"regexp"

	"cllm4rec/plugins/internal/hf"
)

// unusedBias matches the relative bias of the first cross attention, which the
// first published files carry and no version of T5 uses.
var unusedBias = regexp.MustCompile(`^decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$`)

// layout collects the weights of a model.
type layout struct {
	config
	hf.Layout
}

// Layout lists the weights in the order of the computation; matrices are [out, in]
// and there are no biases. Random ones are as in T5's Mesh TensorFlow code, which
// puts the scaling of attention scores into the queries' weights.
func (c config) Layout() hf.Layout {
	l := &layout{config: c, Layout: hf.Layout{Ignored: unusedBias, Same: map[string]string{
		"encoder.embed_tokens.weight": "shared.weight", "decoder.embed_tokens.weight": "shared.weight"}}}
	l.matrix("shared", "", 1, c.words, c.hidden)
	l.stack("encoder", c.encoders)
	l.stack("decoder", c.decoders)
	if c.tied {
		l.Same["lm_head.weight"] = "shared.weight"
	} else {
		l.matrix("lm_head", "", 1, c.words, c.hidden)
	}
	return l.Layout
}

// stack is the encoder, or the decoder, whose layers look at the encoder in between.
func (l *layout) stack(name string, layers int) {
	for i := range layers {
		at := fmt.Sprintf("%s.block.%d.layer.", name, i)
		l.attention(at+"0.", "SelfAttention")
		if i == 0 {
			l.matrix(at+"0.SelfAttention.relative_attention_bias", "", below(l.hidden), l.buckets, l.heads)
		}
		next := "1."
		if name == "decoder" {
			l.attention(at+"1.", "EncDecAttention")
			next = "2."
		}
		l.feedForward(at + next)
	}
	l.norm(name + ".final_layer_norm")
}

func (l *layout) attention(at, name string) {
	all := l.heads * l.width
	l.norm(at + "layer_norm")
	l.matrix(at+name+".q", hf.Attention, below(l.hidden*l.width), all, l.hidden)
	l.matrix(at+name+".k", hf.Attention, below(l.hidden), all, l.hidden)
	l.matrix(at+name+".v", hf.Attention, below(l.hidden), all, l.hidden)
	l.matrix(at+name+".o", hf.Attention, below(all), l.hidden, all)
}

func (l *layout) feedForward(at string) {
	l.norm(at + "layer_norm")
	first := []string{"wi"}
	if l.gated {
		first = []string{"wi_0", "wi_1"}
	}
	for _, name := range first {
		l.matrix(at+"DenseReluDense."+name, hf.FeedForward, below(l.hidden), l.inner, l.hidden)
	}
	l.matrix(at+"DenseReluDense.wo", hf.FeedForward, below(l.inner), l.hidden, l.inner)
}

// matrix is a weight of rows x columns, random by std times initializer_factor.
func (l *layout) matrix(name string, part hf.Part, std float64, rows, columns int) {
	l.Specs = append(l.Specs, hf.Spec{Name: name + ".weight", Shape: []int{rows, columns}, Part: part, OutIn: part != "", Std: std * l.factor})
}

func (l *layout) norm(name string) {
	l.Specs = append(l.Specs, hf.Spec{Name: name + ".weight", Shape: []int{l.hidden}, Mean: l.factor})
}

// below is n^-0.5.
func below(n int) float64 { return 1 / math.Sqrt(float64(n)) }
