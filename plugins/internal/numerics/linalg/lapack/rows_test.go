package lapack

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
)

// kernels are those of OpenBLAS for this kind of processor that differ in how they cut
// rows, and whether this processor can run them.
func kernels() map[string]bool {
	if runtime.GOARCH != "amd64" {
		return nil
	}
	avx2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	return map[string]bool{"Prescott": true, "Nehalem": cpu.X86.HasSSE42, "Sandybridge": cpu.X86.HasAVX,
		"Haswell": avx2, "Zen": avx2, "SkylakeX": cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL}
}

func TestBitsOfARowDependNeitherOnItsPlaceNorOnOtherRowsWithAnyKernel(t *testing.T) {
	for kernel, runs := range kernels() {
		if !runs {
			continue
		}
		c := exec.Command(os.Args[0], "-test.run", "^TestBitsOfARowDependNeitherOnItsPlaceNorOnOtherRows$", "-test.v")
		c.Env = append(os.Environ(), "OPENBLAS_CORETYPE="+kernel)
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("kernel %s: %v\n%s", kernel, err, out)
		}
	}
}

func TestBitsOfARowDependNeitherOnItsPlaceNorOnOtherRows(t *testing.T) {
	SetThreads(1)
	for _, columns := range []int{5, 100, 517} {
		for _, width := range []int{1, 37, 64, 257} {
			for _, transposed := range []bool{false, true} {
				checkRows[float32](t, columns, width, transposed)
				checkRows[float64](t, columns, width, transposed)
			}
		}
	}
}

// checkRows compares a product of rows that are all the same with that of the row
// alone, the others being zeros.
func checkRows[F Float](t *testing.T, columns, width int, transposed bool) {
	t.Helper()
	const rows = 4 * Strip
	b := Dense(width, columns, fill[F](width*columns, 1))
	if transposed {
		b = Dense(columns, width, b.Data)
	}
	row, all, alone := fill[F](width, 2), Dense(rows, width, make([]F, rows*width)), Dense(Strip, width, make([]F, Strip*width))
	for r := range rows {
		copy(all.Data[r*width:], row)
	}
	copy(alone.Data, row)
	got, want := Dense(rows, columns, make([]F, rows*columns)), Dense(Strip, columns, make([]F, Strip*columns))
	GemmRows(all, b, transposed, got)
	GemmRows(alone, b, transposed, want)
	for r := range rows {
		if !slices.Equal(got.Data[r*columns:(r+1)*columns], want.Data[:columns]) {
			t.Fatalf("%T, %d columns, width %d, transposed %v: row %d has other bits than the row alone", b, columns, width, transposed, r)
		}
	}
}

func TestProductsOfRowsEqualProducts(t *testing.T) {
	a, b := Dense(2*Strip, 3, fill[float64](6*Strip, 1)), Dense(3, 5, fill[float64](15, 2))
	got, want := Dense(2*Strip, 5, make([]float64, 10*Strip)), Dense(2*Strip, 5, make([]float64, 10*Strip))
	GemmRows(a, b, false, got)
	Gemm(1, a, false, b, false, 0, want)
	for i := range want.Data {
		if d := got.Data[i] - want.Data[i]; d > 1e-14 || d < -1e-14 {
			t.Fatalf("value %d is %v, want %v", i, got.Data[i], want.Data[i])
		}
	}
}

// BenchmarkGemmRows multiplies 32 rows with a table of 12,101 items; the peer is Gemm, whose
// rows have bits that depend on their place with some kernels.
func BenchmarkGemmRows(b *testing.B) {
	SetThreads(1)
	const rows, columns = 4 * Strip, 12101
	for _, width := range []int{64, 512} {
		x, table := Dense(rows, width, fill[float32](rows*width, 1)), Dense(columns, width, fill[float32](columns*width, 2))
		out := Dense(rows, columns, make([]float32, rows*columns))
		for name, multiply := range map[string]func(){
			"rows": func() { GemmRows(x, table, true, out) },
			"gemm": func() { Gemm(1, x, false, table, true, 0, out) },
		} {
			b.Run(fmt.Sprintf("%s-%d", name, width), func(b *testing.B) {
				for b.Loop() {
					multiply()
				}
			})
		}
	}
}
