package blas

import (
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/cpu"
)

// Level is how wide a kernel's instructions are. Only those of x86 are told apart: elsewhere
// every kernel and every processor is Plain.
type Level int

// The levels.
const (
	Plain Level = iota
	AVX
	AVX2
	AVX512
)

// String is the instructions' name.
func (l Level) String() string { return [...]string{"SSE or plain", "AVX", "AVX2", "AVX-512"}[l] }

// Allowed is what this processor and its system can do.
func Allowed() Level {
	x := cpu.X86
	switch {
	case x.HasAVX512F && x.HasAVX512CD && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL:
		return AVX512
	case x.HasAVX2 && x.HasFMA:
		return AVX2
	case x.HasAVX:
		return AVX
	}
	return Plain
}

// levels are those of OpenBLAS's kernels for x86. A kernel that is not here is Plain, so that
// only a measurement speaks for it.
var levels = map[string]Level{
	"sandybridge": AVX, "bulldozer": AVX, "piledriver": AVX, "steamroller": AVX, "excavator": AVX,
	"haswell": AVX2, "zen": AVX2,
	"skylakex": AVX512, "cooperlake": AVX512, "sapphirerapids": AVX512,
}

// LevelOf is the level of a kernel by the name that OpenBLAS gives it.
func LevelOf(kernel string) Level { return levels[strings.ToLower(kernel)] }

// Candidates are the kernels that a processor of a level can run, the widest first.
func Candidates(allowed Level) []string {
	widest := []string{AVX: "Sandybridge", AVX2: "Haswell", AVX512: "SkylakeX"}
	var out []string
	for l := allowed; l > Plain; l-- {
		out = append(out, widest[l])
	}
	return out
}

// told are the fields of /proc/cpuinfo that make a processor another one.
var told = []string{
	"vendor_id", "cpu family", "model", "model name", "flags", "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "Features",
}

// processor identifies the kind of processor; machines that are equal to OpenBLAS have equal text.
func processor() string {
	lines := []string{runtime.GOARCH, Allowed().String()}
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil { // a system without it has the architecture alone
		return strings.Join(lines, "\n")
	}
	first, _, _ := strings.Cut(string(text), "\n\n")
	for line := range strings.Lines(first) {
		name, _, _ := strings.Cut(line, ":")
		if slices.Contains(told, strings.TrimSpace(name)) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}
