// Package blas says on which kernel of OpenBLAS this machine multiplies matrices.
//
// OpenBLAS picks a kernel by the model number of the processor. One that is newer than the
// library gets a kernel of twenty years ago, and every product takes five times as long. The
// variable OPENBLAS_CORETYPE names another, but only before the library loads, so that it
// belongs into the environment of a process. Package probe measures once which kernel serves
// a machine; this package remembers that choice and hands it out. It loads nothing itself.
package blas

import (
	"errors"
	"slices"
	"strings"
)

// Variable names the kernel that OpenBLAS takes, such as "SkylakeX". Unset lets it pick. Set
// but empty it takes the first of its list, whatever the processor.
const Variable = "OPENBLAS_CORETYPE"

// ErrNone means that no OpenBLAS was found, so that there is nothing to choose.
var ErrNone = errors.New("no OpenBLAS on this machine")

// ErrUnknown means that no choice was made yet for this processor and library.
var ErrUnknown = errors.New("the kernel of OpenBLAS was not chosen yet on this machine: run `make setup`")

// Product is a kernel and its rate.
type Product struct {
	Kernel string  `json:"kernel"` // as OpenBLAS names it
	Rate   float64 `json:"rate"`   // GFLOP/s of float32 products on one thread
}

// Choice is what was measured about one library on one processor.
type Choice struct {
	Library string  `json:"library"` // the file
	Version string  `json:"version"` // e.g. "OpenBLAS 0.3.21"
	Allowed string  `json:"allowed"` // the widest instructions of the processor, e.g. "AVX-512"
	Own     Product `json:"own"`     // what OpenBLAS picks; no rate where it computes wrongly
	Taken   Product `json:"taken"`   // what is to be taken, of proved results
	// Refused are the kernels that were tried and not taken, each with the reason.
	Refused []string `json:"refused,omitempty"`
}

// Setting is the value of Variable that the choice asks for; "" leaves it unset.
func (c Choice) Setting() string {
	if c.Taken.Kernel == c.Own.Kernel {
		return ""
	}
	return c.Taken.Kernel
}

// Source says who decides on a kernel.
type Source string

// The sources.
const (
	FromUser    Source = Variable   // the user's environment
	FromProbe   Source = "measured" // a choice of this project, against OpenBLAS's own
	FromLibrary Source = "OpenBLAS" // OpenBLAS's own pick
)

// Kernel is what products run on.
type Kernel struct {
	Name   string `json:"name"` // e.g. "SkylakeX"; "" where nobody asked the library yet
	Source Source `json:"source"`
}

// Current is the kernel of processes that get this environment through Environ.
func Current(env []string) Kernel {
	if named := value(env, Variable); named != "" {
		return Kernel{named, FromUser}
	}
	c, err := Remembered(env)
	if err != nil {
		return Kernel{"", FromLibrary}
	}
	if c.Setting() == "" {
		return Kernel{c.Own.Kernel, FromLibrary}
	}
	return Kernel{c.Taken.Kernel, FromProbe}
}

// Environ is an environment with Variable as this machine wants it: a value of the user's
// stays, an empty one goes, and where there is none the remembered choice is added.
func Environ(env []string) []string {
	if value(env, Variable) != "" {
		return env
	}
	out := slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, Variable+"=") })
	if c, err := Remembered(env); err == nil && c.Setting() != "" {
		out = append(out, Variable+"="+c.Setting())
	}
	return out
}

// value is the last value of a variable in an environment.
func value(env []string, name string) string {
	for _, kv := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}
