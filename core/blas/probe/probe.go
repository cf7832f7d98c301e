// Package probe measures kernels of OpenBLAS, each in a process of its own: a kernel is fixed
// once the library is loaded, and one that the processor cannot run ends its process. The
// process is the running program again, whose main calls Main first.
package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"cllm4rec/core/blas"
)

// Report is what a process found about the kernel that it got.
type Report struct {
	Version string  `json:"version"` // e.g. "OpenBLAS 0.3.21"
	Kernel  string  `json:"kernel"`
	Rate    float64 `json:"rate"`            // GFLOP/s of float32 products
	Wrong   string  `json:"wrong,omitempty"` // the first wrong result, if any
}

// Task asks for a report on a library, with one of its kernels or, where that is "", the one
// that it takes by itself, at a number of threads.
type Task struct {
	Library string `json:"library"`
	Kernel  string `json:"kernel"`
	Threads int    `json:"threads"`
}

// variable carries a task to the process that does it.
const variable = "CLLM4REC_BLAS_PROBE"

// ready is set by Main: without it the process that Run starts would be all of the program.
var ready bool

// patience bounds a task, which takes a second.
const patience = time.Minute

// Main does the task of a process that Run started, and ends that process. In others it
// returns at once.
func Main() {
	ready = true
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	var task Task
	err := json.Unmarshal([]byte(text), &task)
	if err == nil {
		var r Report
		if r, err = measure(task); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(r)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Run has another process of this program do a task. The error says how that ended, such as
// by an illegal instruction.
func Run(ctx context.Context, task Task) (r Report, err error) {
	if !ready {
		return r, errors.New("probe: main has to call Main before anything else")
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	text, err := json.Marshal(task)
	if err != nil {
		return r, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := exec.CommandContext(ctx, self)
	command.Env = append(environ(os.Environ(), task), variable+"="+string(text))
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	if err := command.Run(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(messages.String()), "\n")
		return r, fmt.Errorf("%w: %s", err, first)
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("%s does not answer as a probe: %w", self, err)
	}
	return r, nil
}

// environ is the environment of a process that does a task.
func environ(own []string, task Task) []string {
	env := slices.DeleteFunc(slices.Clone(own), func(kv string) bool { return strings.HasPrefix(kv, blas.Variable+"=") })
	if task.Kernel != "" {
		env = append(env, blas.Variable+"="+task.Kernel)
	}
	return append(env, "OPENBLAS_NUM_THREADS="+strconv.Itoa(max(1, task.Threads)))
}
