package nn

import (
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/numerics/torch"
)

// Kernel names a way to compute attention; all give the same numbers up to rounding.
type Kernel string

// The kernels.
const (
	Packed Kernel = "packed" // ours: CPU, float32, no padding, memory linear in the length
	SDPA   Kernel = "sdpa"   // libtorch's fused kernel, release 2.1 and later
	Plain  Kernel = "plain"  // matrix product, softmax, matrix product: everywhere
)

// Choose resolves "auto" and refuses a kernel that this build or device lacks.
func Choose(name string, device torch.Device) (Kernel, error) {
	able := torch.Able()
	fits := map[Kernel]bool{Packed: able.Packed && device == torch.CPU, SDPA: able.SDPA, Plain: true}
	if name == "" || name == "auto" {
		order := []Kernel{Packed, SDPA, Plain}
		return order[slices.IndexFunc(order, func(k Kernel) bool { return fits[k] })], nil
	}
	if can, known := fits[Kernel(name)]; !known {
		return "", contract.Errorf(contract.ErrInvalid, "attention is %q; known are auto, packed, sdpa, plain", name)
	} else if !can {
		return "", contract.Errorf(contract.ErrUnsupported, "attention %q cannot be had on %v with libtorch %s; use auto", name, device, torch.Version())
	}
	return Kernel(name), nil
}

// Attention is multi-head attention without its projections: queries of D columns
// each, keys and values of D columns each in as many or fewer heads.
type Attention struct {
	Kernel Kernel
	Heads  int     // H
	Groups int     // G, heads of keys and values; 0 means Heads. Head h looks at group h/(H/G)
	Scale  float64 // of the scores; 1/sqrt(D) in GPT-2 and LLaMA, 1 in T5
	Causal bool    // a row sees its own sequence's rows up to itself
}

// ApplyFused is causal self-attention with queries, keys and values side by side:
// qkv [S,3K] to [S,K].
func (a Attention) ApplyFused(s *torch.Scope, qkv *torch.Tensor, q *Sequences, d *Dropout) *torch.Tensor {
	if a.Kernel == Packed {
		return s.FusedAttention(qkv, q.Starts, a.how(d))
	}
	a.Causal = true
	x := s.Permute(q.pad(s, qkv, 3*int64(a.Heads)), 1, 0, 2, 3) // [3H,B,T,D]
	part := func(i int64) *torch.Tensor {
		return s.Transpose(s.Narrow(x, 0, i*int64(a.Heads), int64(a.Heads)), 0, 1) // [B,H,T,D]
	}
	return q.unpad(s, a.padded(s, part(0), part(1), part(2), q, q, nil, d))
}

// Apply lets queries q [S,H*D] of the sequences `to` look at keys and values k, v
// [T,G*D] of the sequences `from`, sequence i at sequence i; both are the same
// *Sequences in self-attention. bias may be nil or [H,2L-1], L the longest
// sequence of both sides: entry L-1+(j-i) is added to the score of query i and key
// j. The result is [S,H*D]; a query without keys gets zeros.
func (a Attention) Apply(s *torch.Scope, q, k, v *torch.Tensor, to, from *Sequences, bias *torch.Tensor, d *Dropout) *torch.Tensor {
	if a.Kernel == Packed {
		return s.PackedAttention(q, k, v, bias, to.Starts, from.Starts, a.how(d))
	}
	heads, groups := int64(a.Heads), int64(a.how(nil).Groups)
	x := to.pad(s, q, heads)                             // [B,H,T,D]
	y := repeat(s, from.pad(s, k, groups), heads/groups) // [B,H,U,D]
	z := repeat(s, from.pad(s, v, groups), heads/groups)
	return to.unpad(s, a.padded(s, x, y, z, to, from, bias, d))
}

// padded is attention of q, k, v [B,H,..,D].
//
// A key that is alone has weight 1 whatever its score: query, key and bias get no gradient.
// SDPA's backward pass takes that gradient as the difference of two sums that it adds up in
// different orders, which leaves rounding noise, and Adam makes full steps of noise where
// nothing else comes in. That of softmax leaves exactly zero.
func (a Attention) padded(s *torch.Scope, q, k, v *torch.Tensor, to, from *Sequences, bias *torch.Tensor, d *Dropout) *torch.Tensor {
	if a.Kernel == SDPA && from.Longest() > 1 {
		return a.sdpa(s, q, k, v, to, from, bias, d)
	}
	return a.plain(s, q, k, v, to, from, bias, d)
}

func (a Attention) how(d *Dropout) torch.Heads {
	groups := a.Groups
	if groups == 0 {
		groups = a.Heads
	}
	return torch.Heads{Heads: a.Heads, Groups: groups, Scale: a.Scale, Causal: a.Causal, Drop: d.weights()}
}

func (a Attention) sdpa(s *torch.Scope, q, k, v *torch.Tensor, to, from *Sequences, bias *torch.Tensor, d *Dropout) *torch.Tensor {
	how := a.how(d)
	if a.Causal && bias == nil { // keys that are padding come after all that a row may see
		return s.SDPA(q, k, v, nil, how)
	}
	mask := a.mask(s, to, from, bias)
	how.Causal = false
	if mask != nil {
		mask = s.Cast(mask, q.DType())
	}
	return s.SDPA(q, k, v, mask, how)
}

// plain computes scores and softmax in float32.
func (a Attention) plain(s *torch.Scope, q, k, v *torch.Tensor, to, from *Sequences, bias *torch.Tensor, d *Dropout) *torch.Tensor {
	scores := s.Scale(s.MatMul(q, s.Transpose(k, 2, 3)), a.Scale) // [B,H,T,U]
	if mask := a.mask(s, to, from, bias); mask != nil {
		scores = s.Add(s.Cast(scores, torch.Float32), mask)
	}
	weights := s.Cast(s.Dropout(s.Softmax(scores), d.weights()), v.DType())
	return s.MatMul(weights, v) // [B,H,T,D]
}

// mask is what is added to the scores, float32 [B or 1,H or 1,T,U]; nil for nothing.
func (a Attention) mask(s *torch.Scope, to, from *Sequences, bias *torch.Tensor) *torch.Tensor {
	rows, columns := to.Longest(), from.Longest()
	var sum *torch.Tensor
	add := func(part *torch.Tensor) {
		if sum != nil {
			part = s.Add(sum, part)
		}
		sum = part
	}
	if a.Causal {
		add(s.Upper(s.Full(torch.Float32, math.Inf(-1), rows, columns), 1))
	} else if from.absent != nil {
		add(from.absent)
	}
	if bias != nil {
		add(diagonals(s, s.Cast(bias, torch.Float32), rows, columns))
	}
	return sum
}

// diagonals spreads [H,2L-1] to [1,H,T,U]: entry (i,j) is L-1+(j-i). Each row of the
// result begins one entry earlier than the row above it: so do rows of 2L-2
// columns that are cut from repetitions of the 2L-1 entries.
func diagonals(s *torch.Scope, bias *torch.Tensor, rows, columns int64) *torch.Tensor {
	heads, n := bias.Size(0), bias.Size(1)
	l := (n + 1) / 2
	if l == 1 {
		return s.Reshape(bias, 1, heads, 1, 1)
	}
	x := s.Reshape(s.Expand(s.Reshape(bias, heads, 1, n), heads, l, n), heads, l*n)
	x = s.Reshape(s.Narrow(x, 1, l-1, l*(n-1)), 1, heads, l, n-1)
	return s.Narrow(s.Narrow(x, 2, 0, rows), 3, 0, columns)
}

// repeat gives each of [B,G,T,D] to `times` heads: [B,G*times,T,D].
func repeat(s *torch.Scope, x *torch.Tensor, times int64) *torch.Tensor {
	if times == 1 {
		return x
	}
	b, g, t, d := x.Size(0), x.Size(1), x.Size(2), x.Size(3)
	x = s.Expand(s.Reshape(x, b, g, 1, t, d), b, g, times, t, d)
	return s.Reshape(x, b, g*times, t, d)
}
