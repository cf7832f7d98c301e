package adapt

import (
	"fmt"
	"path/filepath"
	"slices"
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
	return append(flags, includes(l.IncludeDirs)...)
}

// CUDAFlags are the flags that libtorch's CUDA headers need on top; code may include them
// where CLLM4REC_CUDA is defined.
func CUDAFlags(t *found.Toolkit) []string {
	if t == nil {
		return nil
	}
	return append([]string{"-DCLLM4REC_CUDA"}, includes(t.IncludeDirs)...)
}

func includes(folders []string) []string {
	var flags []string
	for _, folder := range folders {
		flags = append(flags, "-I"+folder)
	}
	return flags
}

// LDFlags are the flags that link libtorch, with run paths, so that binaries start
// without LD_LIBRARY_PATH.
func LDFlags(l *found.Libtorch) []string {
	var flags []string
	folders, libraries := l.LibDirs, l.Libraries
	if l.Toolkit != nil {
		folders = append(slices.Clone(folders), filepath.Dir(l.Toolkit.Runtime))
		libraries = append(slices.Clone(libraries), ":"+filepath.Base(l.Toolkit.Runtime))
	}
	for _, folder := range slices.Compact(folders) {
		flags = append(flags, "-L"+folder, "-Wl,-rpath,"+folder)
	}
	flags = append(flags, "-Wl,--no-as-needed")
	for _, library := range libraries {
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
