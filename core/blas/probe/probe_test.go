package probe

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/blas"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

// openBLAS is the library of this machine.
func openBLAS(t *testing.T) string {
	t.Helper()
	library := blas.Library(os.Environ())
	if library == "" {
		t.Skip("SKIPPED: no OpenBLAS on this machine")
	}
	return library
}

func TestSettleFindsAKernelThatSuitsThisMachineAndRemembersIt(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	openBLAS(t)
	c, err := Settle(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", c)
	if !strings.HasPrefix(c.Version, "OpenBLAS ") || c.Taken.Rate <= 0 || c.Taken.Rate < c.Own.Rate {
		t.Errorf("got %+v", c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing can be measured now
	again, err := Settle(ctx)
	if err != nil || again.Taken != c.Taken {
		t.Errorf("got %+v after %+v, %v", again, c, err)
	}
}

// TestAWrongPickIsNoticed has OpenBLAS pick the kernel that it takes for processors that it does
// not know.
func TestAWrongPickIsNoticed(t *testing.T) {
	library := openBLAS(t)
	if blas.Allowed() < blas.AVX2 {
		t.Skipf("SKIPPED: this processor has only %v, for which the oldest kernel may serve", blas.Allowed())
	}
	misled := func(ctx context.Context, task Task) (Report, error) {
		if task.Kernel == "" {
			task.Kernel = "Prescott"
		}
		return Run(ctx, task)
	}
	c, err := Choose(t.Context(), library, blas.Allowed(), misled)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", c)
	if c.Own.Kernel != "Prescott" {
		t.Skipf("SKIPPED: this OpenBLAS has no kernel Prescott and takes %s", c.Own.Kernel)
	}
	if c.Setting() == "" || blas.LevelOf(c.Taken.Kernel) < blas.AVX2 || c.Taken.Rate < 1.5*c.Own.Rate {
		t.Errorf("kept %+v of %+v", c.Taken, c)
	}
}

// answers is a machine whose kernels answer so; "" is OpenBLAS's own pick.
type answers map[string]Report

func (a answers) run(_ context.Context, task Task) (Report, error) {
	r, ok := a[task.Kernel]
	if !ok {
		return r, errors.New("exit status 2: SIGILL: illegal instruction")
	}
	return r, nil
}

func TestChoices(t *testing.T) {
	fits := Report{Kernel: "SkylakeX", Rate: 100}
	old := Report{Kernel: "Prescott", Rate: 20}
	for name, c := range map[string]struct {
		allowed       blas.Level
		machine       answers
		taken, reason string
	}{
		"its own pick is as wide as the processor":  {blas.AVX512, answers{"": fits}, "SkylakeX", ""},
		"its own pick is too old":                   {blas.AVX512, answers{"": old, "SkylakeX": fits}, "SkylakeX", ""},
		"its own pick is too narrow":                {blas.AVX512, answers{"": {Kernel: "Haswell", Rate: 40}, "SkylakeX": fits}, "SkylakeX", ""},
		"its own pick computes wrongly":             {blas.AVX2, answers{"": {Kernel: "Zen", Wrong: "sgemm"}, "Haswell": {Kernel: "Haswell", Rate: 40}}, "Haswell", "Zen: sgemm"},
		"the widest kernel ends its process":        {blas.AVX512, answers{"": old, "Haswell": {Kernel: "Haswell", Rate: 40}}, "Haswell", "SkylakeX: exit status 2: SIGILL"},
		"the widest kernel computes wrongly":        {blas.AVX512, answers{"": old, "SkylakeX": {Kernel: "SkylakeX", Rate: 100, Wrong: "sgemm"}, "Haswell": {Kernel: "Haswell", Rate: 40}}, "Haswell", "SkylakeX: sgemm"},
		"the library lacks the widest kernel":       {blas.AVX512, answers{"": old, "SkylakeX": old, "Haswell": {Kernel: "Haswell", Rate: 40}}, "Haswell", "not in this library, which takes Prescott"},
		"a wider kernel is no faster":               {blas.AVX2, answers{"": old, "Haswell": {Kernel: "Haswell", Rate: 21}, "Sandybridge": {Kernel: "Sandybridge", Rate: 19}}, "Prescott", "Haswell: 21 GFLOP/s, Prescott does 20"},
		"a kernel that we do not know serves":       {blas.AVX512, answers{"": {Kernel: "NewLake", Rate: 120}, "SkylakeX": fits, "Haswell": {Kernel: "Haswell", Rate: 40}, "Sandybridge": {Kernel: "Sandybridge", Rate: 20}}, "NewLake", ""},
		"a processor without any of the extensions": {blas.Plain, answers{"": old}, "Prescott", ""},
	} {
		got, err := Choose(t.Context(), "lib", c.allowed, c.machine.run)
		if err != nil || got.Taken.Kernel != c.taken {
			t.Errorf("%s: took %+v, %v", name, got, err)
		}
		if reasons := strings.Join(got.Refused, "; "); c.reason != "" && !strings.Contains(reasons, c.reason) {
			t.Errorf("%s: no %q in %q", name, c.reason, reasons)
		}
	}
}

func TestNoRightKernelIsAnError(t *testing.T) {
	_, err := Choose(t.Context(), "lib.so", blas.AVX2, answers{"": {Kernel: "Zen", Wrong: "sgemm gives 1 for 2"}}.run)
	if err == nil || !strings.Contains(err.Error(), "lib.so") || !strings.Contains(err.Error(), "sgemm gives 1 for 2") || !strings.Contains(err.Error(), "SIGILL") {
		t.Errorf("got %v", err)
	}
}

// compile makes a shared library of C.
func compile(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "libopenblas.so.0")
	link := exec.Command("gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", path)
	link.Stdin = strings.NewReader(source)
	if out, err := link.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: needs a C compiler: %v: %s", err, out)
	}
	return path
}

const idle = `
char *openblas_get_config(void) { return "OpenBLAS 9.9 FAKE"; }
char *openblas_get_corename(void) { return "Idle"; }
void openblas_set_num_threads(int n) {}
void sgemm_(void) {} void dgemm_(void) {} void sgemv_(void) {} void dpotrf_(void) {} void dpotri_(void) {}
`

func TestRunTellsWhatIsWrongWithALibrary(t *testing.T) {
	r, err := Run(t.Context(), Task{Library: compile(t, idle)})
	if err != nil || r.Version != "OpenBLAS 9.9" || r.Kernel != "Idle" || !strings.Contains(r.Wrong, "gemm of 1 x 1 by 1 x 1") {
		t.Errorf("a product that does nothing: %+v, %v", r, err)
	}
	_, err = Run(t.Context(), Task{Library: compile(t, "__attribute__((constructor)) static void trap(void) { __builtin_trap(); }")})
	if err == nil || !strings.Contains(err.Error(), "SIGILL") {
		t.Errorf("an instruction that is not there: %v", err)
	}
	_, err = Run(t.Context(), Task{Library: compile(t, "int x;")})
	if err == nil || !strings.Contains(err.Error(), "is no OpenBLAS") {
		t.Errorf("another library: %v", err)
	}
}

func TestSettleRefusesAnotherLibraryOfThatName(t *testing.T) {
	t.Setenv("LD_LIBRARY_PATH", filepath.Dir(compile(t, "int x;")))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := Settle(t.Context()); err == nil || !strings.Contains(err.Error(), "is no OpenBLAS") {
		t.Errorf("got %v", err)
	}
}
