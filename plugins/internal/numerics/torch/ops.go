package torch

import "github.com/sugarme/gotch/libtch"

// The operations that libtorch's generated C calls do. Shapes are of the result
// unless said otherwise; broadcasting is libtorch's.

// Affine is bias + x w: bias [O], x [S,I], w [I,O] -> [S,O].
func (s *Scope) Affine(bias, x, w *Tensor) *Tensor {
	return s.call("addmm", func(out *libtch.Ctensor) { libtch.AtgAddmm(out, bias.handle, x.handle, w.handle) }, bias, x, w)
}

// MatMul is a b, batched over leading dimensions.
func (s *Scope) MatMul(a, b *Tensor) *Tensor {
	return s.call("matmul", func(out *libtch.Ctensor) { libtch.AtgMatmul(out, a.handle, b.handle) }, a, b)
}

// Add is a + b.
func (s *Scope) Add(a, b *Tensor) *Tensor {
	return s.call("add", func(out *libtch.Ctensor) { libtch.AtgAdd(out, a.handle, b.handle) }, a, b)
}

// Sub is a - b.
func (s *Scope) Sub(a, b *Tensor) *Tensor {
	return s.call("sub", func(out *libtch.Ctensor) { libtch.AtgSub(out, a.handle, b.handle) }, a, b)
}

// Mul is a b, element by element.
func (s *Scope) Mul(a, b *Tensor) *Tensor {
	return s.call("mul", func(out *libtch.Ctensor) { libtch.AtgMul(out, a.handle, b.handle) }, a, b)
}

// Scale is a times a number.
func (s *Scope) Scale(a *Tensor, by float64) *Tensor {
	return s.call("mul", func(out *libtch.Ctensor) {
		factor := libtch.AtsFloat(by)
		defer libtch.AtsFree(factor)
		libtch.AtgMulScalar(out, a.handle, factor)
	}, a)
}

// Square is a^2, element by element.
func (s *Scope) Square(a *Tensor) *Tensor {
	return s.call("square", func(out *libtch.Ctensor) { libtch.AtgSquare(out, a.handle) }, a)
}

// Sum adds all elements: a scalar.
func (s *Scope) Sum(a *Tensor) *Tensor {
	return s.call("sum", func(out *libtch.Ctensor) { libtch.AtgSum(out, a.handle, int32(Float32)) }, a)
}

// Rows picks rows: table [R,K], index [n] -> [n,K]. Its gradient is dense.
func (s *Scope) Rows(table, index *Tensor) *Tensor {
	return s.call("embedding", func(out *libtch.Ctensor) { libtch.AtgEmbedding(out, table.handle, index.handle, -1, 0, 0) }, table, index)
}

// PutRows is base [R,K] with the rows at index [n] replaced by source [n,K],
// rounded to base's dtype.
func (s *Scope) PutRows(base, index, source *Tensor) *Tensor {
	source = s.Cast(source, base.DType())
	return s.call("index_copy", func(out *libtch.Ctensor) {
		libtch.AtgIndexCopy(out, base.handle, 0, index.handle, source.handle)
	}, base, index, source)
}

// Cat joins tensors along their first dimension.
func (s *Scope) Cat(parts ...*Tensor) *Tensor {
	return s.call("cat", func(out *libtch.Ctensor) {
		handles := make([]libtch.Ctensor, len(parts))
		for i, p := range parts {
			handles[i] = p.handle
		}
		libtch.AtgCat(out, handles, len(handles), 0)
	}, parts...)
}

// Full is a tensor of one value.
func (s *Scope) Full(d DType, value float64, shape ...int64) *Tensor {
	return s.call("full", func(out *libtch.Ctensor) {
		fill := libtch.AtsFloat(value)
		defer libtch.AtsFree(fill)
		libtch.AtgFull(out, shape, len(shape), fill, int32(d), int32(s.device))
	})
}

// Zeros is a float32 tensor of zeros.
func (s *Scope) Zeros(shape ...int64) *Tensor {
	return s.call("zeros", func(out *libtch.Ctensor) { libtch.AtgZeros(out, shape, len(shape), int32(Float32), int32(s.device)) })
}

// Reshape gives the same elements another shape; -1 stands for the rest.
func (s *Scope) Reshape(a *Tensor, shape ...int64) *Tensor {
	return s.call("reshape", func(out *libtch.Ctensor) { libtch.AtgReshape(out, a.handle, shape, len(shape)) }, a)
}

// Permute reorders the dimensions.
func (s *Scope) Permute(a *Tensor, dims ...int64) *Tensor {
	return s.call("permute", func(out *libtch.Ctensor) { libtch.AtgPermute(out, a.handle, dims, len(dims)) }, a)
}

// Narrow is the slice from..from+length of a dimension.
func (s *Scope) Narrow(a *Tensor, dim, from, length int64) *Tensor {
	return s.call("narrow", func(out *libtch.Ctensor) { libtch.AtgNarrow(out, a.handle, dim, from, length) }, a)
}

// Transpose swaps two dimensions.
func (s *Scope) Transpose(a *Tensor, i, j int64) *Tensor {
	return s.call("transpose", func(out *libtch.Ctensor) { libtch.AtgTranspose(out, a.handle, i, j) }, a)
}

// Softmax over the last dimension; float32 whatever a is.
func (s *Scope) Softmax(a *Tensor) *Tensor {
	return s.call("softmax", func(out *libtch.Ctensor) { libtch.AtgSoftmax(out, a.handle, -1, int32(Float32)) }, a)
}

// LayerNorm normalises the last dimension, of the size of weight and bias [K].
func (s *Scope) LayerNorm(x, weight, bias *Tensor, eps float64) *Tensor {
	return s.call("layer_norm", func(out *libtch.Ctensor) {
		libtch.AtgLayerNorm(out, x.handle, []int64{weight.Size(0)}, 1, weight.handle, bias.handle, eps, 1)
	}, x, weight, bias)
}

// Expand repeats dimensions of size 1 without a copy.
func (s *Scope) Expand(a *Tensor, shape ...int64) *Tensor {
	return s.call("expand", func(out *libtch.Ctensor) { libtch.AtgExpand(out, a.handle, shape, len(shape), 0) }, a)
}

// Upper is a with zeros below the diagonal that starts at column `diagonal`.
func (s *Scope) Upper(a *Tensor, diagonal int64) *Tensor {
	return s.call("triu", func(out *libtch.Ctensor) { libtch.AtgTriu(out, a.handle, diagonal) }, a)
}
