package adapt

import (
	"fmt"
	"path/filepath"
	"strings"

	"cllm4rec/tools/libtorch/found"
)

// CXXFlags are the flags that C++ code including libtorch's headers needs.
func CXXFlags(l *found.Libtorch) []string {
	abi := 0
	if l.CXX11ABI {
		abi = 1
	}
	flags := []string{
		fmt.Sprintf("-std=c++%d", l.CXXStandard), "-g0", "-w", "-fopenmp",
		fmt.Sprintf("-D_GLIBCXX_USE_CXX11_ABI=%d", abi),
	}
	if l.CUDAHeaders {
		flags = append(flags, "-DCLLM4REC_CUDA")
	}
	for _, folder := range l.IncludeDirs {
		flags = append(flags, "-I"+folder)
	}
	return flags
}

// LDFlags are the flags that link libtorch, with run paths, so that binaries start
// without LD_LIBRARY_PATH.
func LDFlags(l *found.Libtorch) []string {
	var flags []string
	for _, folder := range l.LibDirs {
		flags = append(flags, "-L"+folder, "-Wl,-rpath,"+folder)
	}
	flags = append(flags, "-Wl,--no-as-needed")
	for _, library := range l.Libraries {
		flags = append(flags, "-l"+library)
	}
	return append(flags, "-Wl,--as-needed", "-l"+openMP(l), "-lstdc++", "-lm")
}

// openMP is the OpenMP runtime that libtorch itself loads: wheels bring their own, and two
// in one process would each start their threads.
func openMP(l *found.Libtorch) string {
	for _, folder := range l.LibDirs {
		if hits, err := filepath.Glob(filepath.Join(folder, "libgomp*.so*")); err == nil && len(hits) > 0 {
			return ":" + filepath.Base(hits[0])
		}
	}
	return "gomp"
}

// cgoLine renders flags as one #cgo line.
func cgoLine(kind string, flags []string) string {
	quoted := make([]string, len(flags))
	for i, flag := range flags {
		quoted[i] = flag
		if strings.ContainsRune(flag, ' ') {
			quoted[i] = `"` + flag + `"`
		}
	}
	return "// #cgo " + kind + ": " + strings.Join(quoted, " ")
}

// checkFolder refuses folders that a #cgo line cannot name.
func checkFolder(folder string) error {
	if i := strings.IndexAny(folder, "\"'`\\\n,;&|<>()[]{}*?#"); i >= 0 {
		return fmt.Errorf("the folder %q has a %q, which cgo does not take: move it", folder, folder[i])
	}
	return nil
}
