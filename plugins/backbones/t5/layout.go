package main

import (
	"fmt"
	"math"
	"regexp"

	"cllm4rec/plugins/internal/models/hf"
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
	l := &layout{config: c, Layout: hf.Layout{Ignored: unusedBias}}
	l.Table("shared", c.factor, c.words, c.hidden)
	l.Copy("encoder.embed_tokens", "shared")
	l.Copy("decoder.embed_tokens", "shared")
	l.stack("encoder", c.encoders)
	l.stack("decoder", c.decoders)
	l.Head("lm_head", "shared", c.tied)
	return l.Layout
}

// stack is the encoder, or the decoder, whose layers look at the encoder in between.
func (l *layout) stack(name string, layers int) {
	for i := range layers {
		at := fmt.Sprintf("%s.block.%d.layer.", name, i)
		l.attention(at+"0.", "SelfAttention")
		if i == 0 {
			l.Table(at+"0.SelfAttention.relative_attention_bias", l.below(l.hidden), l.buckets, l.heads)
		}
		next := "1."
		if name == "decoder" {
			l.attention(at+"1.", "EncDecAttention")
			next = "2."
		}
		l.feedForward(at + next)
	}
	l.RMSNorm(name+".final_layer_norm", l.factor, l.hidden)
}

func (l *layout) attention(at, name string) {
	all := l.heads * l.width
	l.RMSNorm(at+"layer_norm", l.factor, l.hidden)
	l.Linear(at+name+".q", hf.Attention, l.below(l.hidden*l.width), l.hidden, all, false)
	l.Linear(at+name+".k", hf.Attention, l.below(l.hidden), l.hidden, all, false)
	l.Linear(at+name+".v", hf.Attention, l.below(l.hidden), l.hidden, all, false)
	l.Linear(at+name+".o", hf.Attention, l.below(all), all, l.hidden, false)
}

func (l *layout) feedForward(at string) {
	l.RMSNorm(at+"layer_norm", l.factor, l.hidden)
	first := []string{"wi"}
	if l.gated {
		first = []string{"wi_0", "wi_1"}
	}
	for _, name := range first {
		l.Linear(at+"DenseReluDense."+name, hf.FeedForward, l.below(l.hidden), l.hidden, l.inner, false)
	}
	l.Linear(at+"DenseReluDense.wo", hf.FeedForward, l.below(l.inner), l.inner, l.hidden, false)
}

// below is n^-0.5 times initializer_factor.
func (l *layout) below(n int) float64 { return 1 / math.Sqrt(float64(n)) * l.factor }
