// Package lapack is the dense linear algebra that the baselines take from
// OpenBLAS. Building it needs the library and its development link: Debian and
// Ubuntu have both in libopenblas-dev, which `make setup` installs. Without it
// the build stops with that advice.
package lapack

/*
#cgo LDFLAGS: -lopenblas
#if !__has_include(<cblas.h>) && !__has_include(<openblas/cblas.h>)
#error "OpenBLAS is needed here: run `make setup`, or install libopenblas-dev"
#endif
#include <stdint.h>

// LAPACK's Fortran interface, so that no header is needed. OpenBLAS, as
// packaged, has 32-bit integers.
extern void dpotrf_(const char *uplo, const int32_t *n, double *a, const int32_t *lda, int32_t *info);
extern void dpotri_(const char *uplo, const int32_t *n, double *a, const int32_t *lda, int32_t *info);
extern void dpotrs_(const char *uplo, const int32_t *n, const int32_t *nrhs, const double *a, const int32_t *lda, double *b, const int32_t *ldb, int32_t *info);
extern void openblas_set_num_threads(int threads);
extern int openblas_get_num_threads(void);
*/
import "C"

import (
	"unsafe"

	"cllm4rec/core/contract"
)

// SetThreads sets how many threads OpenBLAS uses in this process, from 1.
func SetThreads(n int) { C.openblas_set_num_threads(C.int(max(1, n))) }

// Threads is how many threads OpenBLAS uses.
func Threads() int { return int(C.openblas_get_num_threads()) }

// InvertSPD replaces a symmetric positive definite matrix a (row-major [n x n],
// of which the upper triangle is read) by its inverse, both triangles filled.
// It works in place by a Cholesky factorisation. An ErrNonFinite says that the
// matrix is not positive definite.
func InvertSPD(a []float64, n int) error {
	if err := FactoriseSPD(a, n); err != nil {
		return err
	}
	return InvertFactor(a, n)
}

// FactoriseSPD replaces the upper triangle of a matrix, as InvertSPD takes it, by its
// Cholesky factor.
func FactoriseSPD(a []float64, n int) error {
	if err := checkSquare(a, n); err != nil || n == 0 {
		return err
	}
	if info := factorise(a, n); info != 0 {
		return contract.Errorf(contract.ErrNonFinite, "the matrix is not positive definite: pivot %d of %d is not above zero", info, n)
	}
	return nil
}

// SolveFactor replaces every row b of rows [m x n] by the solution x of A x = b, where
// factor is what FactoriseSPD made of A [n x n].
func SolveFactor(factor []float64, rows Mat[float64]) error {
	n := rows.Cols
	rows.check(rows.Rows, n)
	if err := checkSquare(factor, n); err != nil || n == 0 || rows.Rows == 0 {
		return err
	}
	if info := solveFactor(factor, rows); info != 0 {
		return contract.Errorf(contract.ErrInvalid, "dpotrs: argument %d is wrong", -info)
	}
	return nil
}

// InvertFactor replaces what FactoriseSPD made of a matrix by the matrix's inverse, both
// triangles filled.
func InvertFactor(a []float64, n int) error {
	if err := checkSquare(a, n); err != nil || n == 0 {
		return err
	}
	if info := invertFactor(a, n); info != 0 {
		return contract.Errorf(contract.ErrNonFinite, "the Cholesky factor is singular at pivot %d of %d", info, n)
	}
	mirror(a, n)
	return nil
}

// Transpose transposes a square matrix in place, in blocks that fit the cache.
func Transpose(a []float64, n int) {
	const block = 64
	for bi := 0; bi < n; bi += block {
		for bj := 0; bj <= bi; bj += block {
			for i := bi; i < min(bi+block, n); i++ {
				for j := bj; j < min(bj+block, i); j++ {
					a[i*n+j], a[j*n+i] = a[j*n+i], a[i*n+j]
				}
			}
		}
	}
}

func checkSquare[F Float](a []F, n int) error {
	if n < 0 || n > 1<<31-1 || len(a) != n*n {
		return contract.Errorf(contract.ErrInvalid, "a matrix of %d values is not %d x %d", len(a), n, n)
	}
	return nil
}

// LAPACK reads columns where Go has rows, so that its lower triangle is the
// upper one here.
const lower = C.char('L')

func factorise(a []float64, n int) int {
	uplo, size, info := lower, C.int32_t(n), C.int32_t(0)
	C.dpotrf_(&uplo, &size, (*C.double)(unsafe.Pointer(&a[0])), &size, &info)
	return int(info)
}

func solveFactor(factor []float64, rows Mat[float64]) int {
	uplo, n, m, stride, info := lower, C.int32_t(rows.Cols), C.int32_t(rows.Rows), C.int32_t(rows.Stride), C.int32_t(0)
	C.dpotrs_(&uplo, &n, &m, double(factor), &n, double(rows.Data), &stride, &info)
	return int(info)
}

func invertFactor(a []float64, n int) int {
	uplo, size, info := lower, C.int32_t(n), C.int32_t(0)
	C.dpotri_(&uplo, &size, (*C.double)(unsafe.Pointer(&a[0])), &size, &info)
	return int(info)
}

// mirror copies the upper triangle to the lower one, in blocks that fit the cache.
func mirror(a []float64, n int) {
	const block = 64
	for bi := 0; bi < n; bi += block {
		for bj := 0; bj <= bi; bj += block {
			mirrorBlock(a, n, bi, bj, block)
		}
	}
}

func mirrorBlock(a []float64, n, bi, bj, block int) {
	for i := bi; i < min(bi+block, n); i++ {
		for j := bj; j < min(bj+block, i); j++ {
			a[i*n+j] = a[j*n+i]
		}
	}
}
