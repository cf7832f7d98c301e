package torch

import "github.com/sugarme/gotch/libtch"

// Div is a / b, element by element.
func (s *Scope) Div(a, b *Tensor) *Tensor {
	return s.call("div", func(out *libtch.Ctensor) { libtch.AtgDiv(out, a.handle, b.handle) }, a, b)
}

// Shift is a plus a number.
func (s *Scope) Shift(a *Tensor, by float64) *Tensor {
	return s.call("add", func(out *libtch.Ctensor) {
		term := libtch.AtsFloat(by)
		defer libtch.AtsFree(term)
		libtch.AtgAddScalar(out, a.handle, term)
	}, a)
}

// Exp is e^a, element by element.
func (s *Scope) Exp(a *Tensor) *Tensor {
	return s.call("exp", func(out *libtch.Ctensor) { libtch.AtgExp(out, a.handle) }, a)
}

// Log is the natural logarithm, element by element.
func (s *Scope) Log(a *Tensor) *Tensor {
	return s.call("log", func(out *libtch.Ctensor) { libtch.AtgLog(out, a.handle) }, a)
}

// Sqrt is the square root, element by element.
func (s *Scope) Sqrt(a *Tensor) *Tensor {
	return s.call("sqrt", func(out *libtch.Ctensor) { libtch.AtgSqrt(out, a.handle) }, a)
}

// Sigmoid is 1 / (1 + e^-a), element by element.
func (s *Scope) Sigmoid(a *Tensor) *Tensor {
	return s.call("sigmoid", func(out *libtch.Ctensor) { libtch.AtgSigmoid(out, a.handle) }, a)
}

// LogSigmoid is ln(1 / (1 + e^-a)), element by element, without overflow.
func (s *Scope) LogSigmoid(a *Tensor) *Tensor {
	return s.call("log_sigmoid", func(out *libtch.Ctensor) { libtch.AtgLogSigmoid(out, a.handle) }, a)
}

// AtLeast is max(a, least), element by element.
func (s *Scope) AtLeast(a *Tensor, least float64) *Tensor {
	return s.call("clamp_min", func(out *libtch.Ctensor) {
		bound := libtch.AtsFloat(least)
		defer libtch.AtsFree(bound)
		libtch.AtgClampMin(out, a.handle, bound)
	}, a)
}

// SumLast adds the last dimension up: [..,K] -> [..,1].
func (s *Scope) SumLast(a *Tensor) *Tensor {
	return s.call("sum", func(out *libtch.Ctensor) { libtch.AtgSumDimIntlist(out, a.handle, []int64{-1}, 1, 1, int32(Float32)) }, a)
}

// SumFirst adds the rows up: [S,..] -> [..].
func (s *Scope) SumFirst(a *Tensor) *Tensor {
	return s.call("sum", func(out *libtch.Ctensor) { libtch.AtgSumDimIntlist(out, a.handle, []int64{0}, 1, 0, int32(Float32)) }, a)
}

// LogSumExp is ln(sum e^a) over the last dimension: [..,K] -> [..,1].
func (s *Scope) LogSumExp(a *Tensor) *Tensor {
	return s.call("logsumexp", func(out *libtch.Ctensor) { libtch.AtgLogsumexp(out, a.handle, []int64{-1}, 1, 1) }, a)
}

// Join puts tensors beside each other along a dimension.
func (s *Scope) Join(dim int64, parts ...*Tensor) *Tensor {
	return s.call("cat", func(out *libtch.Ctensor) {
		handles := make([]libtch.Ctensor, len(parts))
		for i, p := range parts {
			handles[i] = p.handle
		}
		libtch.AtgCat(out, handles, len(handles), dim)
	}, parts...)
}
