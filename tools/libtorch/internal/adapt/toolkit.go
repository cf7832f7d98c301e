package adapt

import (
	"os/exec"
	"slices"
	"strings"

	"cllm4rec/tools/libtorch/found"
)

// cudaHeaders are what the glue of plugins/internal/numerics/torch includes for CUDA.
const cudaHeaders = "#include <c10/cuda/CUDAFunctions.h>\n#include <c10/cuda/CUDACachingAllocator.h>\n"

// Toolkit returns the first of the given toolkits with which libtorch's CUDA headers compile, or
// nil: wheels and half-installed toolkits lack some of the headers that others include.
func Toolkit(l *found.Libtorch, cxx []string, toolkits []found.Toolkit) *found.Toolkit {
	for i := range toolkits {
		flags := slices.Concat(cxx[1:], CXXFlags(l), CUDAFlags(&toolkits[i]), []string{"-fsyntax-only", "-x", "c++", "-"})
		compile := exec.Command(cxx[0], flags...)
		compile.Stdin = strings.NewReader(cudaHeaders)
		if compile.Run() == nil {
			return &toolkits[i]
		}
	}
	return nil
}
