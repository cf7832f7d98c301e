package main

import (
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/hf"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/torch"
)

// dynamic is the scaling that follows the length of each text.
const dynamic = "dynamic"

// scalings are the kinds of rope_scaling and how each is read.
var scalings = map[string]func(*config, *hf.Fields){
	"default": func(*config, *hf.Fields) {},
	"linear":  (*config).readFactor,
	dynamic:   (*config).readDynamic,
	"llama3":  (*config).readLlama3,
	"yarn":    (*config).readYarn,
}

// readRotary reads how positions turn queries and keys: rope_theta and
// rope_scaling or, as transformers 5 writes them, rope_parameters.
func (c *config) readRotary(f *hf.Fields) {
	c.rotary = nn.RotaryOptions{Theta: theta(f, 1e4), Dim: c.width}
	scaling := f.Object("rope_scaling")
	if p := f.Object("rope_parameters"); p != nil {
		c.rotary.Theta = theta(p, c.rotary.Theta)
		scaling = p
	}
	for _, at := range []*hf.Fields{f, scaling} {
		if at != nil && at.Number("partial_rotary_factor", 1, 0, 2) != 1 {
			at.Fail(contract.ErrUnsupported, "partial_rotary_factor", "is not 1; LLaMA turns whole heads")
		}
	}
	if scaling != nil {
		c.readScaling(scaling)
		f.Join(scaling)
	}
}

// above1 is the smallest number that rope_theta may be.
var above1 = math.Nextafter(1, 2)

func theta(f *hf.Fields, standard float64) float64 {
	return f.Number("rope_theta", standard, above1, 1e15)
}

func (c *config) readScaling(f *hf.Fields) {
	key := "rope_type"
	switch old := "type"; {
	case !f.Has(key) && !f.Has(old):
		f.Fail(contract.ErrBadData, key, "missing")
	case !f.Has(key):
		key = old
	case f.Has(old) && f.Text(old, "") != f.Text(key, ""):
		f.Fail(contract.ErrBadData, key, "is %q, but type is %q", f.Text(key, ""), f.Text(old, ""))
	}
	read := hf.OneOf(f, key, "", scalings)
	if f.Err() != nil {
		return
	}
	c.rotary.Scaling = nn.RotaryScaling{Type: f.Text(key, ""), Original: c.positions}
	read(c, f)
}

// needed is a number that has no standard.
func needed(f *hf.Fields, key string, low, high float64) float64 {
	if !f.Has(key) {
		f.Fail(contract.ErrBadData, key, "missing")
	}
	return f.Number(key, low, low, high)
}

func (c *config) readFactor(f *hf.Fields) { c.rotary.Scaling.Factor = needed(f, "factor", 1, 1e6) }

// readDynamic: max_position_embeddings is the length of pretraining, and texts may
// be longer by the factor.
func (c *config) readDynamic(f *hf.Fields) {
	c.readFactor(f)
	c.stretch(c.positions)
	if c.width == 2 {
		f.Fail(contract.ErrUnsupported, "rope_type", "is dynamic, which is not defined for heads of 2 columns")
	}
}

// stretch lets texts be as long as the factor says, or longer if the folder does.
func (c *config) stretch(original int) {
	c.positions = max(c.positions, int(min(c.rotary.Scaling.Factor*float64(original), math.MaxInt32)))
}

func (c *config) readLlama3(f *hf.Fields) {
	c.readFactor(f)
	r := &c.rotary.Scaling
	r.Original = f.Positive("original_max_position_embeddings")
	r.LowFrequency = needed(f, "low_freq_factor", math.SmallestNonzeroFloat64, 1e6)
	r.HighFrequency = needed(f, "high_freq_factor", math.SmallestNonzeroFloat64, 1e6)
	if f.Err() == nil && r.HighFrequency <= r.LowFrequency {
		f.Fail(contract.ErrBadData, "high_freq_factor", "is %v, expected more than low_freq_factor %v", r.HighFrequency, r.LowFrequency)
	}
}

func (c *config) readYarn(f *hf.Fields) {
	c.readFactor(f)
	r := &c.rotary.Scaling
	r.Original = f.PositiveOr("original_max_position_embeddings", c.positions)
	r.BetaFast, r.BetaSlow = f.Number("beta_fast", 0, 0, 1e6), f.Number("beta_slow", 0, 0, 1e6)
	r.MScale, r.MScaleAll = f.Number("mscale", 0, 0, 1e6), f.Number("mscale_all_dim", 0, 0, 1e6)
	if f.Has("attention_factor") {
		r.Attention = needed(f, "attention_factor", math.SmallestNonzeroFloat64, 1e6)
	}
	r.NoTruncate = !f.Boolean("truncate", true)
	c.stretch(r.Original)
}

// turns prepares the angles of a batch: the tables, and its sequences with the
// rows of the tables that are theirs.
func turns(s *torch.Scope, o nn.RotaryOptions, q *nn.Sequences) (*nn.Rotary, *nn.Sequences) {
	o.Positions = int(q.Longest())
	if o.Scaling.Type == dynamic {
		return follow(s, o, q)
	}
	return tables(s, o), q // [L,D/2]
}

// tables never fails on what Read has let pass.
func tables(s *torch.Scope, o nn.RotaryOptions) *nn.Rotary {
	r, err := nn.NewRotary(s, o)
	if err != nil {
		s.Fail(err)
		return &nn.Rotary{}
	}
	return r
}

// follow gives every sequence that is longer than those of pretraining angles by
// its own length n: plain ones of a larger theta,
//
//	theta (F n/P - (F-1))^(D/(D-2))
//
// with the factor F and the length of pretraining P, as transformers computes
// where it reads that sequence alone. The tables lie one after another.
func follow(s *torch.Scope, o nn.RotaryOptions, q *nn.Sequences) (*nn.Rotary, *nn.Sequences) {
	c, plain := o.Scaling, nn.RotaryOptions{Theta: o.Theta, Dim: o.Dim, Positions: min(o.Positions, o.Scaling.Original)}
	all := tables(s, plain) // [min(L,P),D/2]
	rows, begin, end := make([]int64, 0, q.Starts[len(q.Starts)-1]), map[int64]int64{}, int64(plain.Positions)
	for i := range len(q.Starts) - 1 {
		n := q.Starts[i+1] - q.Starts[i]
		if _, known := begin[n]; !known && n > int64(c.Original) {
			stretched := c.Factor*float64(n)/float64(c.Original) - (c.Factor - 1)
			more := tables(s, nn.RotaryOptions{Dim: o.Dim, Positions: int(n),
				Theta: o.Theta * math.Pow(stretched, float64(o.Dim)/float64(o.Dim-2))}) // [n,D/2]
			all = &nn.Rotary{Cos: s.Cat(all.Cos, more.Cos), Sin: s.Cat(all.Sin, more.Sin)}
			begin[n], end = end, end+n
		}
		for p := range n {
			rows = append(rows, begin[n]+p)
		}
	}
	own := *q
	own.Positions = s.Ints(rows, int64(len(rows))) // [S]
	return all, &own
}
