package hf

import (
	"math"

	"cllm4rec/core/contract"
)

// Dynamic is the kind of scaling that follows the length of each text.
const Dynamic = "dynamic"

// RotaryScaling is how config.json stretches the angles of rotary embeddings. A
// number that is 0 is absent.
type RotaryScaling struct {
	Type     string  // rope_type: "" is none; linear, dynamic, llama3 or yarn
	Factor   float64 // >= 1
	Original int     // original_max_position_embeddings, or max_position_embeddings where that is absent

	LowFrequency, HighFrequency float64 // llama3: low_freq_factor, high_freq_factor

	BetaFast, BetaSlow float64 // yarn; 32 and 1 when absent
	Attention          float64 // yarn: attention_factor
	MScale, MScaleAll  float64 // yarn: mscale, mscale_all_dim
	NoTruncate         bool    // yarn: truncate is false
}

// above1 is the least number above 1: the least base of angles, and the end of shares.
var above1 = math.Nextafter(1, 2)

// RotaryTheta is the base of the angles, > 1: under key, or as rope_theta in the
// rope_parameters of transformers 5. Where it is said twice both must agree.
func (f *Fields) RotaryTheta(key string, standard float64) float64 {
	return f.rotary(key, "rope_theta", standard, above1, 1e15)
}

// RotaryShare is the share of a head's columns that turn, in [0, 1]: under key, or
// as partial_rotary_factor in rope_parameters.
func (f *Fields) RotaryShare(key string, standard float64) float64 {
	return f.rotary(key, "partial_rotary_factor", standard, 0, above1)
}

// rotary is a number under a model's own key or the one that is the same in all
// models, there or in rope_parameters.
func (f *Fields) rotary(key, common string, standard, low, high float64) float64 {
	value := standard
	if newer := f.Object("rope_parameters"); newer != nil && newer.Has(common) {
		value = newer.Number(common, standard, low, high)
		f.Join(newer)
		f.same(key, value)
	} else {
		value = f.Number(key, standard, low, high)
	}
	f.same(common, value)
	return value
}

// same refuses a number that contradicts another key.
func (f *Fields) same(key string, value float64) {
	if got := f.Number(key, value, math.Inf(-1), math.Inf(1)); got != value {
		f.Fail(contract.ErrBadData, key, "is %v, but another key says that it is %v", got, value)
	}
}

// scalings are the kinds and how each is read.
var scalings = map[string]func(*RotaryScaling, *Fields){
	"default": func(*RotaryScaling, *Fields) {},
	"linear":  (*RotaryScaling).readFactor,
	Dynamic:   (*RotaryScaling).readFactor,
	"llama3":  (*RotaryScaling).readLlama3,
	"yarn":    (*RotaryScaling).readYarn,
}

// RotaryScaling reads rope_scaling or, as transformers 5 writes it,
// rope_parameters, of a model whose max_position_embeddings are positions and that
// turns so many columns of each head.
func (f *Fields) RotaryScaling(positions, columns int) RotaryScaling {
	scaling := f.Object("rope_scaling")
	if newer := f.Object("rope_parameters"); newer != nil {
		scaling = newer
	}
	if scaling == nil {
		return RotaryScaling{}
	}
	r := readScaling(scaling, positions)
	if r.Type == Dynamic && columns == 2 {
		scaling.Fail(contract.ErrUnsupported, "rope_type", "is dynamic, which is not defined where 2 columns of a head turn")
	}
	f.Join(scaling)
	return r
}

func readScaling(f *Fields, positions int) RotaryScaling {
	key := "rope_type"
	switch old := "type"; {
	case !f.Has(key) && !f.Has(old) && f.Has("factor"):
		f.Fail(contract.ErrBadData, key, "missing")
	case !f.Has(key):
		key = old
	case f.Has(old) && f.Text(old, "") != f.Text(key, ""):
		f.Fail(contract.ErrBadData, key, "is %q, but type is %q", f.Text(key, ""), f.Text(old, ""))
	}
	read, kind := OneOf(f, key, "default", scalings), f.Text(key, "default")
	if f.Err() != nil || kind == "default" {
		return RotaryScaling{}
	}
	r := RotaryScaling{Type: kind, Original: positions}
	read(&r, f)
	return r
}

// Longest is how long a text may be: max_position_embeddings, or the length of
// pretraining times the factor where that is longer and what the kind is made for.
func (r RotaryScaling) Longest(positions int) int {
	if r.Type != Dynamic && r.Type != "yarn" {
		return positions
	}
	return max(positions, int(min(r.Factor*float64(r.Original), math.MaxInt32)))
}

// needed is a number that has no standard.
func needed(f *Fields, key string, low, high float64) float64 {
	if !f.Has(key) {
		f.Fail(contract.ErrBadData, key, "missing")
	}
	return f.Number(key, low, low, high)
}

func (r *RotaryScaling) readFactor(f *Fields) { r.Factor = needed(f, "factor", 1, 1e6) }

func (r *RotaryScaling) readLlama3(f *Fields) {
	r.readFactor(f)
	r.Original = f.Positive("original_max_position_embeddings")
	r.LowFrequency = needed(f, "low_freq_factor", math.SmallestNonzeroFloat64, 1e6)
	r.HighFrequency = needed(f, "high_freq_factor", math.SmallestNonzeroFloat64, 1e6)
	if f.Err() == nil && r.HighFrequency <= r.LowFrequency {
		f.Fail(contract.ErrBadData, "high_freq_factor", "is %v, expected more than low_freq_factor %v", r.HighFrequency, r.LowFrequency)
	}
}

func (r *RotaryScaling) readYarn(f *Fields) {
	r.readFactor(f)
	r.Original = f.PositiveOr("original_max_position_embeddings", r.Original)
	r.BetaFast, r.BetaSlow = f.Number("beta_fast", 0, 0, 1e6), f.Number("beta_slow", 0, 0, 1e6)
	r.MScale, r.MScaleAll = f.Number("mscale", 0, 0, 1e6), f.Number("mscale_all_dim", 0, 0, 1e6)
	if f.Has("attention_factor") {
		r.Attention = needed(f, "attention_factor", math.SmallestNonzeroFloat64, 1e6)
	}
	r.NoTruncate = !f.Boolean("truncate", true)
}
