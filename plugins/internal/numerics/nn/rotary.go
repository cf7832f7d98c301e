package nn

import (
	"fmt"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Rotary turns queries and keys by angles that grow with the position (Su et al.
// 2021), in the layout of transformers: column c goes with column c+R/2.
type Rotary struct {
	Cos, Sin *torch.Tensor // [P,R/2] float32
}

// RotaryOptions says how the angles grow; the names are those of config.json.
type RotaryOptions struct {
	Theta     float64 // rope_theta, > 1
	Dim       int     // R, columns of each head that turn; even, > 0
	Positions int     // P, positions that are prepared
	Scaling   hf.RotaryScaling
}

// maxAngles bounds the tables, 1 GiB each: the number of positions is a claim of the
// configuration that no weight bears out.
const maxAngles = 1 << 28

// NewRotary prepares the angles as transformers' modeling_rope_utils computes them
// (float32 frequencies). ErrUnsupported names a scaling that is not known, or says
// that the tables would be too large.
func NewRotary(s *torch.Scope, o RotaryOptions) (*Rotary, error) {
	if !(o.Theta > 1) || o.Dim <= 0 || o.Dim%2 != 0 || o.Positions <= 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "rotary embeddings of theta %v, %d columns and %d positions: expected > 1, an even number > 0 and > 0", o.Theta, o.Dim, o.Positions)
	}
	if o.Positions > maxAngles/(o.Dim/2) {
		return nil, contract.Errorf(contract.ErrUnsupported, "rotary embeddings of %d positions and %d columns: tables of more than %d angles are not made; give config.json a smaller max_position_embeddings", o.Positions, o.Dim, maxAngles)
	}
	frequencies, factor, err := o.frequencies()
	if err != nil {
		return nil, err
	}
	cos, sin := make([]float32, 0, o.Positions*o.Dim/2), make([]float32, 0, o.Positions*o.Dim/2)
	for p := range o.Positions {
		for _, f := range frequencies {
			y, x := math.Sincos(float64(f * float32(p)))
			cos, sin = append(cos, float32(x)*factor), append(sin, float32(y)*factor)
		}
	}
	shape := []int64{int64(o.Positions), int64(o.Dim / 2)}
	return &Rotary{Cos: s.Floats(cos, shape...), Sin: s.Floats(sin, shape...)}, s.Err()
}

// Apply turns x [S,heads*D] by the rows' positions in their sequences.
func (r *Rotary) Apply(s *torch.Scope, x *torch.Tensor, heads int, q *Sequences) *torch.Tensor {
	if known := r.Cos.Size(0); s.Err() == nil && q.Longest() > known {
		s.Fail(fmt.Errorf("a sequence of %d tokens exceeds the %d positions of the rotary embeddings", q.Longest(), known))
	}
	return s.Rotate(x, r.Cos, r.Sin, q.Positions, heads)
}

// frequencies are the R/2 angles per position, and the factor on cos and sin.
func (o RotaryOptions) frequencies() ([]float32, float32, error) {
	c := o.Scaling
	plain := o.plain()
	if c.Type == "" || c.Type == "default" {
		return plain, 1, nil
	}
	if !(c.Factor >= 1) {
		return nil, 0, contract.Errorf(contract.ErrInvalid, "rope_scaling of type %q has the factor %v, expected >= 1", c.Type, c.Factor)
	}
	switch c.Type {
	case "linear":
		for i := range plain {
			plain[i] /= float32(c.Factor)
		}
		return plain, 1, nil
	case hf.Dynamic:
		return plain, 1, o.checkDynamic()
	case "llama3":
		return o.llama3(plain), 1, o.checkLlama3()
	case "yarn":
		return o.yarn(plain), yarnFactor(c), o.checkOriginal()
	}
	return nil, 0, contract.Errorf(contract.ErrUnsupported, "rope_scaling of type %q is not known; known are default, linear, dynamic, llama3 and yarn", c.Type)
}

// plain is 1 / theta^(2i/R).
func (o RotaryOptions) plain() []float32 {
	f := make([]float32, o.Dim/2)
	for i := range f {
		f[i] = 1 / float32(math.Pow(o.Theta, float64(float32(2*i)/float32(o.Dim))))
	}
	return f
}

func (o RotaryOptions) checkOriginal() error {
	if o.Scaling.Original <= 0 {
		return contract.Errorf(contract.ErrInvalid, "rope_scaling of type %q has no original_max_position_embeddings", o.Scaling.Type)
	}
	return nil
}

// checkDynamic: the dynamic kind changes angles only in sequences that are longer
// than those of pretraining, and then by the length of each.
func (o RotaryOptions) checkDynamic() error {
	if o.Positions > o.Scaling.Original {
		return contract.Errorf(contract.ErrUnsupported, "rope_scaling of type dynamic is supported up to the %d positions of pretraining, not for %d", o.Scaling.Original, o.Positions)
	}
	return nil
}

func (o RotaryOptions) checkLlama3() error {
	if c := o.Scaling; !(c.LowFrequency > 0) || !(c.HighFrequency > c.LowFrequency) {
		return contract.Errorf(contract.ErrInvalid, "rope_scaling of type llama3 has low_freq_factor %v and high_freq_factor %v, expected 0 < low < high", c.LowFrequency, c.HighFrequency)
	}
	return o.checkOriginal()
}

// llama3 divides low frequencies by the factor, keeps high ones and goes smoothly
// between them.
func (o RotaryOptions) llama3(f []float32) []float32 {
	c, original := o.Scaling, float32(o.Scaling.Original)
	low, high := float32(float64(o.Scaling.Original)/c.LowFrequency), float32(float64(o.Scaling.Original)/c.HighFrequency)
	for i, x := range f {
		length := float32(2*math.Pi) / x
		switch {
		case length > low:
			f[i] = x / float32(c.Factor)
		case length >= high:
			smooth := (original/length - float32(c.LowFrequency)) / float32(c.HighFrequency-c.LowFrequency)
			f[i] = (1-smooth)*x/float32(c.Factor) + smooth*x
		}
	}
	return f
}

// yarn mixes stretched and plain frequencies (Peng et al. 2023, section 3.2).
func (o RotaryOptions) yarn(f []float32) []float32 {
	c := o.Scaling
	low, high := o.turns(orElse(c.BetaFast, 32)), o.turns(orElse(c.BetaSlow, 1))
	if !c.NoTruncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(o.Dim-1))
	if low == high {
		high += 0.001 // as transformers: no division by zero
	}
	for i, x := range f {
		keep := 1 - min(max((float32(i)-float32(low))/float32(high-low), 0), 1)
		f[i] = 1/(float32(c.Factor)*(1/x))*(1-keep) + x*keep
	}
	return f
}

// turns is the column whose pair makes so many rotations within the original length.
func (o RotaryOptions) turns(n float64) float64 {
	return float64(o.Dim) * math.Log(float64(o.Scaling.Original)/(n*2*math.Pi)) / (2 * math.Log(o.Theta))
}

// yarnFactor is the factor on cos and sin that sharpens attention.
func yarnFactor(c hf.RotaryScaling) float32 {
	scale := func(m float64) float64 { return 0.1*m*math.Log(c.Factor) + 1 } // 1 at a factor of 1
	switch {
	case c.Attention != 0:
		return float32(c.Attention)
	case c.MScale != 0 && c.MScaleAll != 0:
		return float32(scale(c.MScale) / scale(c.MScaleAll))
	}
	return float32(scale(1))
}

func orElse(x, otherwise float64) float64 {
	if x == 0 {
		return otherwise
	}
	return x
}
