package host

import (
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/blas"
)

// inherited are the variables of the runner that plugins get, and the prefixes
// of such variables; nothing else of its environment reaches them.
func inherited() (names, prefixes []string) {
	return []string{
			"PATH", "HOME", "USER", "TMPDIR", "LANG", "TZ", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
			"GOTRACEBACK", "GOMEMLIMIT", "GOGC", "GODEBUG", "GOCOVERDIR", "GORACE", "SSL_CERT_FILE",
		}, []string{
			"LC_", "CUDA_", "NVIDIA_", "OMP_", "GOMP_", "OPENBLAS_", "MKL_", "KMP_", "PYTORCH_", "TORCH_", "CLLM4REC_",
		}
}

// shortWait lets idle threads of GNU's OpenMP and of OpenBLAS sleep after some
// microseconds. By default they spin for milliseconds, each in the way of the
// other's: on two busy processors a training step took 10 times as long, and on two
// idle ones OpenBLAS's threads cost a tenth.
func shortWait() []string { return []string{"GOMP_SPINCOUNT=1000", "OPENBLAS_THREAD_TIMEOUT=14"} }

// environ is the environment of a plugin: how its threads wait, what it inherits, the
// kernel of its products, the thread counts, then what the options add. Later values win.
func (o Options) environ(own []string) []string {
	names, prefixes := inherited()
	env := shortWait()
	for _, kv := range own {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(names, name) || slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) }) {
			env = append(env, kv)
		}
	}
	env = blas.Environ(env)
	if o.Threads > 0 {
		for _, name := range []string{"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOMAXPROCS"} {
			env = append(env, name+"="+strconv.Itoa(o.Threads))
		}
	}
	return append(env, o.Env...)
}
