package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/blas"
)

func TestPluginsGetTheKernelOfThisMachine(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "libopenblas.so.0"), []byte("a library"), 0o644); err != nil {
		t.Fatal(err)
	}
	own := []string{"LD_LIBRARY_PATH=" + folder, blas.Variable + "="}
	if err := blas.Remember(own, blas.Choice{Own: blas.Product{Kernel: "Prescott"}, Taken: blas.Product{Kernel: "SkylakeX"}}); err != nil {
		t.Fatal(err)
	}
	env := Options{}.environ(own)
	if !slices.Contains(env, blas.Variable+"=SkylakeX") || slices.Contains(env, blas.Variable+"=") {
		t.Errorf("got %v", env)
	}
	if env := (Options{}).environ(append(own, blas.Variable+"=Zen")); !slices.Contains(env, blas.Variable+"=Zen") || slices.Contains(env, blas.Variable+"=SkylakeX") {
		t.Errorf("the user's choice: got %v", env)
	}
}
