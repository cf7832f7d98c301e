package lapack

/*
#include <stdint.h>

// The CBLAS interface, declared here so that no header is needed. The numbers of
// order, transposition and triangle are those of the CBLAS standard.
enum { rowMajor = 101, noTrans = 111, trans = 112, upperHalf = 121 };

extern void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
extern void cblas_dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc);
extern void cblas_sgemv(int order, int ta, int m, int n, float alpha, const float *a, int lda, const float *x, int incx, float beta, float *y, int incy);
extern void cblas_dgemv(int order, int ta, int m, int n, double alpha, const double *a, int lda, const double *x, int incx, double beta, double *y, int incy);
extern void cblas_ssyrk(int order, int uplo, int ta, int n, int k, float alpha, const float *a, int lda, float beta, float *c, int ldc);
extern void cblas_dsyrk(int order, int uplo, int ta, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc);
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// Float is the type of a matrix's values.
type Float interface{ float32 | float64 }

// Mat is a dense matrix [Rows x Cols] in rows that lie Stride values apart in Data.
type Mat[F Float] struct {
	Rows, Cols, Stride int
	Data               []F
}

// Dense is the matrix [rows x cols] whose rows follow each other in data.
func Dense[F Float](rows, cols int, data []F) Mat[F] { return Mat[F]{rows, cols, cols, data} }

// Columns are the columns lo..hi-1 of a matrix, in the same memory.
func (m Mat[F]) Columns(lo, hi int) Mat[F] {
	if m.Rows == 0 {
		return Mat[F]{0, hi - lo, m.Stride, nil}
	}
	return Mat[F]{m.Rows, hi - lo, m.Stride, m.Data[lo : (m.Rows-1)*m.Stride+hi]}
}

// check panics unless the matrix lies within its data: a mistake of the caller that
// would have C write into other memory.
func (m Mat[F]) check(rows, cols int) {
	if m.Rows != rows || m.Cols != cols || m.Stride < m.Cols || rows > 0 && len(m.Data) < (rows-1)*m.Stride+cols {
		panic(fmt.Sprintf("lapack: a matrix [%d x %d] with stride %d and %d values stands where [%d x %d] is expected", m.Rows, m.Cols, m.Stride, len(m.Data), rows, cols))
	}
}

func (m Mat[F]) at() unsafe.Pointer   { return unsafe.Pointer(unsafe.SliceData(m.Data)) }
func (m Mat[F]) stride() C.int        { return C.int(max(1, m.Stride)) }
func single[F Float]() bool           { return unsafe.Sizeof(F(0)) == 4 }
func pointer[F Float](v []F) *C.float { return (*C.float)(unsafe.Pointer(unsafe.SliceData(v))) }
func double[F Float](v []F) *C.double { return (*C.double)(unsafe.Pointer(unsafe.SliceData(v))) }

func transposition(t bool) C.int {
	if t {
		return C.trans
	}
	return C.noTrans
}

// shape is a matrix's shape, transposed or not.
func (m Mat[F]) shape(transposed bool) (rows, cols int) {
	if transposed {
		return m.Cols, m.Rows
	}
	return m.Rows, m.Cols
}

// Gemm is C = alpha op(A) op(B) + beta C, where op transposes or not. Shapes that do
// not fit are a panic.
func Gemm[F Float](alpha F, a Mat[F], transA bool, b Mat[F], transB bool, beta F, c Mat[F]) {
	m, k := a.shape(transA)
	kb, n := b.shape(transB)
	a.check(a.Rows, a.Cols)
	b.check(b.Rows, b.Cols)
	c.check(m, n)
	if k != kb {
		panic(fmt.Sprintf("lapack: a product of [%d x %d] and [%d x %d]", m, k, kb, n))
	}
	if m == 0 || n == 0 {
		return
	}
	ta, tb := transposition(transA), transposition(transB)
	if single[F]() {
		C.cblas_sgemm(C.rowMajor, ta, tb, C.int(m), C.int(n), C.int(k), C.float(alpha), (*C.float)(a.at()), a.stride(), (*C.float)(b.at()), b.stride(), C.float(beta), (*C.float)(c.at()), c.stride())
		return
	}
	C.cblas_dgemm(C.rowMajor, ta, tb, C.int(m), C.int(n), C.int(k), C.double(alpha), (*C.double)(a.at()), a.stride(), (*C.double)(b.at()), b.stride(), C.double(beta), (*C.double)(c.at()), c.stride())
}

// Gemv is y = alpha op(A) x + beta y, where op transposes or not. Shapes that do not
// fit are a panic.
func Gemv[F Float](alpha F, a Mat[F], transA bool, x []F, beta F, y []F) {
	m, n := a.shape(transA)
	a.check(a.Rows, a.Cols)
	if len(x) != n || len(y) != m {
		panic(fmt.Sprintf("lapack: [%d x %d] times a vector of %d into one of %d", m, n, len(x), len(y)))
	}
	if m == 0 || a.Rows == 0 || a.Cols == 0 {
		return
	}
	ta := transposition(transA)
	if single[F]() {
		C.cblas_sgemv(C.rowMajor, ta, C.int(a.Rows), C.int(a.Cols), C.float(alpha), (*C.float)(a.at()), a.stride(), pointer(x), 1, C.float(beta), pointer(y), 1)
		return
	}
	C.cblas_dgemv(C.rowMajor, ta, C.int(a.Rows), C.int(a.Cols), C.double(alpha), (*C.double)(a.at()), a.stride(), double(x), 1, C.double(beta), double(y), 1)
}

// Syrk is the upper triangle of C = alpha op(A) op(A)' + beta C: op(A) is A, or A'
// where transA. The lower triangle stays. Shapes that do not fit are a panic.
func Syrk[F Float](alpha F, a Mat[F], transA bool, beta F, c Mat[F]) {
	n, k := a.shape(transA)
	a.check(a.Rows, a.Cols)
	c.check(n, n)
	if n == 0 {
		return
	}
	ta := transposition(transA)
	if single[F]() {
		C.cblas_ssyrk(C.rowMajor, C.upperHalf, ta, C.int(n), C.int(k), C.float(alpha), (*C.float)(a.at()), a.stride(), C.float(beta), (*C.float)(c.at()), c.stride())
		return
	}
	C.cblas_dsyrk(C.rowMajor, C.upperHalf, ta, C.int(n), C.int(k), C.double(alpha), (*C.double)(a.at()), a.stride(), C.double(beta), (*C.double)(c.at()), c.stride())
}
