package main

import (
	"math"

	"cllm4rec/plugins/internal/numerics/linalg"
)

// Implicit gives weights and regularisation in the scale of Hu et al. 2008 and of the
// package `implicit`.
type Implicit struct {
	Alpha float64 `json:"alpha" jsonschema:"default=40,exclusiveMinimum=0,maximum=1000000,description=weight of an observed pair; an unobserved one has 1"`
	Reg   float64 `json:"reg" jsonschema:"default=10,exclusiveMinimum=0,maximum=1000000000,description=L2 penalty on every vector"`
}

// Rendle gives them in the scale of Rendle et al. 2022.
type Rendle struct {
	Alpha0 float64 `json:"alpha0" jsonschema:"default=0.1,exclusiveMinimum=0,maximum=1000,description=weight of all pairs; an observed one has 1 more"`
	Reg    float64 `json:"reg" jsonschema:"default=0.003,exclusiveMinimum=0,maximum=1000000,description=L2 penalty lambda before its scaling by frequency"`
	Nu     float64 `json:"nu" jsonschema:"default=1,minimum=0,maximum=1,description=exponent of the penalty's scaling by frequency (0 = none)"`
}

// weighting is the objective in one form. With scores s_ui = <x_u, y_i>, it is
//
//	sum_ui base s_ui^2 + sum_observed (extra_ui s_ui^2 - 2 pull_ui s_ui + pull_ui)
//	  + sum_u reg_u |x_u|^2 + sum_i reg_i |y_i|^2
//
// In the scale of implicit an observed pair of weight w costs c (1 - s)^2 with
// c = alpha w in place of s^2, so that base = 1, extra = c - 1, pull = c. In Rendle's
// scale it costs w (1 - s)^2 beside alpha0 s^2: base = alpha0, extra = pull = w.
type weighting struct {
	base, gain, discount float64 // pull = gain w, extra = pull - discount
	reg, nu              float64
}

func (p Params) weighting() weighting {
	if i := p.Implicit; i != nil {
		return weighting{base: 1, gain: i.Alpha, discount: 1, reg: i.Reg}
	}
	return weighting{base: p.Rendle.Alpha0, gain: 1, reg: p.Rendle.Reg, nu: p.Rendle.Nu}
}

// of gives extra and pull of an observed pair of weight w.
func (o weighting) of(w float32) (extra, pull float32) {
	pull = float32(o.gain) * w
	return pull - float32(o.discount), pull
}

// penalty is reg_u of a row whose observed weights sum to total, beside others rows
// of the other side: lambda (total + alpha0 others)^nu (Rendle et al. 2022, eq. 3).
func (o weighting) penalty(total float64, others int) float32 {
	if o.nu == 0 {
		return float32(o.reg)
	}
	return float32(o.reg * math.Pow(total+o.base*float64(others), o.nu))
}

// penalties are those of every row of x.
func (o weighting) penalties(x *linalg.CSR) []float32 {
	out := make([]float32, x.Rows)
	for r := range out {
		out[r] = o.penalty(x.RowSum(r), x.Cols)
	}
	return out
}
