package locate

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Names of libc10's failure function, by the std::string that it takes.
const (
	newString = "_ZN3c106detail14torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
	oldString = "_ZN3c106detail14torchCheckFailEPKcS2_jRKSs"
)

// torch makes a folder that looks like a libtorch.
func torch(t *testing.T, root, version, symbol string, libs ...string) {
	t.Helper()
	parts := strings.Split(version, ".")
	header := "#define TORCH_VERSION_MAJOR " + parts[0] + "\n#define TORCH_VERSION_MINOR " + parts[1] +
		"\n#define TORCH_VERSION_PATCH " + parts[2] + "\n"
	write(t, filepath.Join(root, "include/torch/csrc/api/include/torch/version.h"), header)
	for _, lib := range append(libs, "libtorch_cpu.so") {
		write(t, filepath.Join(root, "lib", lib), "")
	}
	library(t, filepath.Join(root, "lib/libc10.so"), symbol)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// library links a shared library that has one symbol.
func library(t *testing.T, path, symbol string) {
	t.Helper()
	link := exec.Command("gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", path)
	link.Stdin = strings.NewReader("void " + symbol + "(void) {}\n")
	if out, err := link.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: needs a C compiler: %v: %s", err, out)
	}
}

func TestAtReadsVersionAndABIFromTheFiles(t *testing.T) {
	for symbol, want := range map[string]bool{newString: true, oldString: false} {
		root := t.TempDir()
		torch(t, root, "2.5.1", symbol)
		l, err := At(root, FromVariable)
		if err != nil {
			t.Fatal(err)
		}
		if l.Version != "2.5.1" || l.CXX11ABI != want || l.CUDA || l.CXXStandard != 17 {
			t.Errorf("%s: got %+v", symbol, l)
		}
	}
}

func TestAtReadsTheVersionFromWhereNewReleasesKeepIt(t *testing.T) {
	root := t.TempDir()
	torch(t, root, "2.11.0", newString)
	numbers, outer := filepath.Join(root, "include", versionHeaders[0]), filepath.Join(root, "include", versionHeaders[1])
	if err := os.MkdirAll(filepath.Dir(numbers), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(outer, numbers); err != nil {
		t.Fatal(err)
	}
	write(t, outer, "#include <torch/headeronly/version.h>\n")
	if l, err := At(root, FromVariable); err != nil || l.Version != "2.11.0" {
		t.Errorf("got %+v, %v", l, err)
	}
	write(t, numbers, "#pragma once\n")
	if _, err := At(root, FromVariable); err == nil || !strings.Contains(err.Error(), versionHeaders[0]) {
		t.Errorf("without numbers: %v", err)
	}
}

func TestAtTakesTheStandardThatNewHeadersAskFor(t *testing.T) {
	for _, line := range []string{"set_property(TARGET torch PROPERTY CXX_STANDARD 20)", "target_compile_features(torch INTERFACE cxx_std_20)"} {
		root := t.TempDir()
		torch(t, root, "2.15.0", newString)
		write(t, filepath.Join(root, "share/cmake/Torch/TorchConfig.cmake"), line+"\n")
		if l, err := At(root, FromVariable); err != nil || l.CXXStandard != 20 {
			t.Errorf("%s: got %+v, %v", line, l, err)
		}
	}
}

func TestAtFindsCUDAAndTheRuntimeBesideAWheel(t *testing.T) {
	site := t.TempDir()
	root := filepath.Join(site, "torch")
	torch(t, root, "2.8.0", newString, "libtorch_cuda.so")
	write(t, filepath.Join(root, "version.py"), "__version__ = '2.8.0+cu128'\ncuda: Optional[str] = '12.8'\n")
	write(t, filepath.Join(site, "nvidia/cuda_runtime/include/cuda_runtime_api.h"), "")
	write(t, filepath.Join(site, "nvidia/cuda_runtime/lib/libcudart.so.12"), "")
	l, err := At(root, FromPython)
	if err != nil {
		t.Fatal(err)
	}
	if !l.CUDA || l.CUDAVersion != "12.8" || !l.Has("cuda") || l.Has("rms_norm") {
		t.Errorf("got %+v", l)
	}
	toolkits := Toolkits(l)
	if len(toolkits) == 0 || filepath.Base(toolkits[0].Runtime) != "libcudart.so.12" {
		t.Errorf("got toolkits %+v", toolkits)
	}
}

func TestToolkitsFindTheOneFolderOfCUDA13BesideAWheel(t *testing.T) {
	site := t.TempDir()
	root := filepath.Join(site, "torch")
	torch(t, root, "2.11.0", newString, "libtorch_cuda.so")
	write(t, filepath.Join(root, "version.py"), "cuda: Optional[str] = '13.0'\n")
	write(t, filepath.Join(site, "nvidia/cu13/include/cuda_runtime_api.h"), "")
	write(t, filepath.Join(site, "nvidia/cu13/lib/libcudart.so.13"), "")
	l, err := At(root, FromPython)
	if err != nil {
		t.Fatal(err)
	}
	toolkits := Toolkits(l)
	if len(toolkits) == 0 || filepath.Base(toolkits[0].Runtime) != "libcudart.so.13" {
		t.Errorf("got toolkits %+v", toolkits)
	}
}

func TestAtRefusesWhatIsNoLibtorch(t *testing.T) {
	if _, err := At(t.TempDir(), FromVariable); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "version.h") {
		t.Errorf("empty folder: %v", err)
	}
	old := t.TempDir()
	torch(t, old, "1.8.1", newString)
	if _, err := At(old, FromVariable); err == nil || !strings.Contains(err.Error(), "older than 1.13") {
		t.Errorf("old release: %v", err)
	}
}

func TestANamedFolderThatHoldsNoneIsAnError(t *testing.T) {
	folder := t.TempDir()
	if _, err := Named(folder); err == nil || !strings.Contains(err.Error(), "LIBTORCH="+folder) {
		t.Errorf("got %v", err)
	}
}

// sources lists where candidates come from, those of the machine itself aside.
func sources(downloaded string) (out []string, skipped []string) {
	all, skipped := Candidates(downloaded)
	for _, l := range all {
		if l.Source != FromSystem {
			out = append(out, l.Source+" "+l.Version)
		}
	}
	return out, skipped
}

func TestCandidatesBeginWithThePythonThatIsActive(t *testing.T) {
	downloaded, env := t.TempDir(), t.TempDir()
	torch(t, downloaded, "2.5.1", newString)
	t.Setenv("VIRTUAL_ENV", env)
	if got, _ := sources(downloaded); !slices.Equal(got, []string{"download 2.5.1"}) {
		t.Fatalf("without a PyTorch: got %v", got)
	}
	inPython := filepath.Join(env, "torch")
	torch(t, inPython, "2.8.0", newString)
	write(t, filepath.Join(env, "bin/python"), "#!/bin/sh\necho "+inPython+"\n")
	if err := os.Chmod(filepath.Join(env, "bin/python"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, _ := sources(downloaded); !slices.Equal(got, []string{"python 2.8.0", "download 2.5.1"}) {
		t.Errorf("with a PyTorch: got %v", got)
	}
	write(t, filepath.Join(inPython, "include/torch/csrc/api/include/torch/version.h"), "// elsewhere\n")
	got, skipped := sources(downloaded)
	if !slices.Equal(got, []string{"download 2.5.1"}) || len(skipped) != 1 || !strings.Contains(skipped[0], inPython) {
		t.Errorf("with a PyTorch that keeps its version elsewhere: got %v, skipped %q", got, skipped)
	}
}

func TestNewEnoughComparesNumbers(t *testing.T) {
	for version, want := range map[string]bool{"1.13.0": true, "1.9.1": false, "1.13.1+dfsg-4": true, "2.10.0": true, "": false} {
		if got := NewEnough(version); got != want {
			t.Errorf("%q: got %t", version, got)
		}
	}
}
