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
	if !l.CUDA {
		return
	}
	l.Libraries = append(l.Libraries, "torch_cuda", "c10_cuda")
	l.CUDAVersion = cudaVersion(l.Root)
	addToolkit(l)
}

// addToolkit finds cuda_runtime_api.h and the runtime library that code including it needs.
func addToolkit(l *found.Libtorch) {
	roots := []string{filepath.Join(filepath.Dir(l.Root), "nvidia", "cuda_runtime"), os.Getenv("CUDA_HOME"), "/usr/local/cuda"}
	for _, root := range roots {
		include := filepath.Join(root, "include")
		runtime := cudaRuntime(root, l.LibFolder)
		if root == "" || runtime == "" || !exists(filepath.Join(include, "cuda_runtime_api.h")) {
			continue
		}
		l.CUDAHeaders = true
		l.IncludeDirs = append(l.IncludeDirs, include)
		l.LibDirs = append(l.LibDirs, filepath.Dir(runtime))
		l.Libraries = append(l.Libraries, ":"+filepath.Base(runtime))
		return
	}
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
