package locate

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cllm4rec/tools/libtorch/found"
)

// addLibraries lists what to link. NVIDIA's own libraries, which PyTorch's wheels keep in
// packages beside torch, are found by libtorch_cuda's own run path.
func addLibraries(l *found.Libtorch) {
	l.Libraries = []string{"torch", "torch_cpu", "c10"}
	l.CUDA = exists(filepath.Join(l.LibFolder, "libtorch_cuda.so"))
	if l.CUDA {
		l.Libraries = append(l.Libraries, "torch_cuda", "c10_cuda")
		l.CUDAVersion = cudaVersion(l.Root)
	}
}

// Toolkits lists the places that may complete a CUDA libtorch with NVIDIA's headers and its
// runtime library: the packages beside a wheel (CUDA 12 has a folder for each, CUDA 13 one for
// all), then an installed CUDA toolkit. Wheels lack some headers of the toolkit; those are in
// triton, which CUDA wheels depend on.
func Toolkits(l *found.Libtorch) []found.Toolkit {
	if !l.CUDA {
		return nil
	}
	site := filepath.Dir(l.Root)
	triton := filepath.Join(site, "triton/backends/nvidia/include")
	places := []struct{ root, more string }{
		{filepath.Join(site, "nvidia/cu"+major(l.CUDAVersion)), triton},
		{filepath.Join(site, "nvidia/cuda_runtime"), triton},
		{os.Getenv("CUDA_HOME"), ""},
		{"/usr/local/cuda", ""},
	}
	var out []found.Toolkit
	for _, place := range places {
		t := found.Toolkit{IncludeDirs: []string{filepath.Join(place.root, "include")}, Runtime: cudaRuntime(place.root, l.LibFolder)}
		if place.root == "" || t.Runtime == "" || !exists(filepath.Join(t.IncludeDirs[0], "cuda_runtime_api.h")) {
			continue
		}
		if exists(place.more) {
			t.IncludeDirs = append(t.IncludeDirs, place.more)
		}
		out = append(out, t)
	}
	return out
}

// major is "13" of "13.0".
func major(version string) string {
	number, _, _ := strings.Cut(version, ".")
	return number
}

// cudaRuntime prefers the runtime that libtorch itself brings: two in one process do not mix.
func cudaRuntime(toolkit, lib string) string {
	for _, pattern := range []string{
		filepath.Join(lib, "libcudart*.so*"),
		filepath.Join(toolkit, "lib", "libcudart.so*"),
		filepath.Join(toolkit, "lib64", "libcudart.so*"),
	} {
		if hits, err := filepath.Glob(pattern); err == nil && len(hits) > 0 {
			return hits[0]
		}
	}
	return ""
}

var (
	pythonCUDA  = regexp.MustCompile(`(?m)^cuda(?:: [^=]*)? = '([0-9.]+)'`)
	archiveCUDA = regexp.MustCompile(`\+cu(\d+)(\d)`)
)

// cudaVersion reads it from version.py of a wheel or build-version of an archive; "" when neither says.
func cudaVersion(root string) string {
	if text, err := os.ReadFile(filepath.Join(root, "version.py")); err == nil {
		if hit := pythonCUDA.FindSubmatch(text); hit != nil {
			return string(hit[1])
		}
	}
	if text, err := os.ReadFile(filepath.Join(root, "build-version")); err == nil {
		if hit := archiveCUDA.FindStringSubmatch(strings.TrimSpace(string(text))); hit != nil {
			return hit[1] + "." + hit[2]
		}
	}
	return ""
}
