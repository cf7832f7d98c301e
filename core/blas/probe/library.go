package probe

import (
	"fmt"
	"strings"

	"github.com/ebitengine/purego"
)

// library is what is called of an OpenBLAS: BLAS and LAPACK by their Fortran interface, whose
// matrices are stored by columns.
type library struct {
	config     func() string
	kernel     func() string
	setThreads func(int32)

	sgemm func(ta, tb *byte, m, n, k *int32, alpha *float32, a *float32, lda *int32, b *float32, ldb *int32, beta *float32, c *float32, ldc *int32)
	dgemm func(ta, tb *byte, m, n, k *int32, alpha *float64, a *float64, lda *int32, b *float64, ldb *int32, beta *float64, c *float64, ldc *int32)
	sgemv func(t *byte, m, n *int32, alpha *float32, a *float32, lda *int32, x *float32, incx *int32, beta *float32, y *float32, incy *int32)
	// The factor and the inverse of a positive definite matrix.
	dpotrf, dpotri func(uplo *byte, n *int32, a *float64, lda *int32, info *int32)
}

// open loads a library.
func open(path string) (*library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, err
	}
	l := &library{}
	for name, function := range map[string]any{
		"openblas_get_config": &l.config, "openblas_get_corename": &l.kernel, "openblas_set_num_threads": &l.setThreads,
		"sgemm_": &l.sgemm, "dgemm_": &l.dgemm, "sgemv_": &l.sgemv, "dpotrf_": &l.dpotrf, "dpotri_": &l.dpotri,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("%s is no OpenBLAS: %w", path, err)
		}
		purego.RegisterFunc(function, symbol)
	}
	return l, nil
}

// version is the first words of the configuration, e.g. "OpenBLAS 0.3.21".
func (l *library) version() string {
	words := strings.Fields(l.config())
	return strings.Join(words[:min(2, len(words))], " ")
}
