package lapack

/*
#include <stdint.h>

extern void sposv_(const char *uplo, const int32_t *n, const int32_t *nrhs, float *a, const int32_t *lda, float *b, const int32_t *ldb, int32_t *info);
extern void dposv_(const char *uplo, const int32_t *n, const int32_t *nrhs, double *a, const int32_t *lda, double *b, const int32_t *ldb, int32_t *info);
extern void dsyevd_(const char *jobz, const char *uplo, const int32_t *n, double *a, const int32_t *lda, double *w, double *work, const int32_t *lwork, int32_t *iwork, const int32_t *liwork, int32_t *info);
*/
import "C"

import (
	"unsafe"

	"cllm4rec/core/contract"
)

// SolveSPD solves A x = b in place for a symmetric positive definite A [n x n],
// row-major, of which the upper triangle is read: x is left in b, the Cholesky factor in a.
// An ErrNonFinite says that the matrix is not positive definite.
func SolveSPD[F Float](a []F, b []F) error {
	n := len(b)
	if err := checkSquare(a, n); err != nil || n == 0 {
		return err
	}
	uplo, size, one, info := lower, C.int32_t(n), C.int32_t(1), C.int32_t(0)
	if single[F]() {
		C.sposv_(&uplo, &size, &one, pointer(a), &size, pointer(b), &size, &info)
	} else {
		C.dposv_(&uplo, &size, &one, double(a), &size, double(b), &size, &info)
	}
	if info != 0 {
		return contract.Errorf(contract.ErrNonFinite, "the matrix is not positive definite: pivot %d of %d is not above zero", int(info), n)
	}
	return nil
}

// Eigen decomposes a symmetric matrix a (row-major [n x n], of which the upper
// triangle is read): the eigenvalues come back ascending, and row i of a becomes the
// unit eigenvector of value i.
func Eigen(a []float64, n int) ([]float64, error) {
	if err := checkSquare(a, n); err != nil || n == 0 {
		return nil, err
	}
	jobz, uplo, size, info := C.char('V'), lower, C.int32_t(n), C.int32_t(0)
	lwork, liwork := C.int32_t(1+6*n+2*n*n), C.int32_t(3+5*n) // dsyevd's least
	values, work, iwork := make([]float64, n), make([]float64, int(lwork)), make([]int32, int(liwork))
	C.dsyevd_(&jobz, &uplo, &size, double(a), &size, double(values), double(work), &lwork, (*C.int32_t)(unsafe.Pointer(&iwork[0])), &liwork, &info)
	if info != 0 {
		return nil, contract.Errorf(contract.ErrNonFinite, "the eigenvalues of a [%d x %d] matrix did not converge (dsyevd: %d)", n, n, int(info))
	}
	return values, nil
}
