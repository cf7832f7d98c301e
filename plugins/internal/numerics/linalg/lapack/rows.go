package lapack

import "fmt"

// Strip is how many rows GemmRows hands to OpenBLAS at once. Eight are two whole tiles
// of registers in each of its kernels. With more, the kernel for Haswell and Zen cuts
// the rows into tiles of six and of four, which add in another order, so that the bits
// of a row depend on its place.
const Strip = 8

// GemmRows is C = A op(B) whose every row has the same bits wherever in A it stands
// and whatever the other rows hold. A has a multiple of Strip rows. Shapes that do not
// fit are a panic. It takes 2.4 to 2.6 times as long as Gemm on 32 rows (BenchmarkGemmRows).
func GemmRows[F Float](a, b Mat[F], transB bool, c Mat[F]) {
	if a.Rows%Strip != 0 {
		panic(fmt.Sprintf("lapack: %d rows are no multiple of %d", a.Rows, Strip))
	}
	if a.Rows != c.Rows {
		panic(fmt.Sprintf("lapack: a product of %d rows into %d", a.Rows, c.Rows))
	}
	for at := 0; at < a.Rows; at += Strip {
		Gemm(1, a.strip(at), false, b, transB, 0, c.strip(at))
	}
}

// strip are the Strip rows from row at on, in the same memory.
func (m Mat[F]) strip(at int) Mat[F] {
	return Mat[F]{Strip, m.Cols, m.Stride, m.Data[at*m.Stride:]}
}
