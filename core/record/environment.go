package record

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"cllm4rec/core/blas"
	"cllm4rec/core/contract"
)

// Versions says what the program was built of.
type Versions struct {
	Program   string         `json:"program"`
	Revision  string         `json:"revision,omitempty"` // of git; "" when not built from a checkout
	Modified  bool           `json:"modified,omitempty"` // the checkout had changes
	Go        string         `json:"go"`
	Contracts map[string]int `json:"contracts"`
}

// Environment says what the trial ran on.
type Environment struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu,omitempty"`
	Cores  int    `json:"cores"`
	Memory int64  `json:"memory,omitempty"` // bytes
	// Jobs is the number of trials that ran at a time, where that was more than one.
	Jobs int `json:"jobs,omitempty"`
	// BLAS is the kernel that products ran on.
	BLAS blas.Kernel `json:"blas,omitzero"`
	// Library, Device, DType, Threads and Model describe the backbone, if any.
	Library string `json:"library,omitempty"`
	Device  string `json:"device,omitempty"`
	DType   string `json:"dtype,omitempty"`
	Threads int    `json:"threads,omitempty"`
	Model   string `json:"model,omitempty"` // fingerprint of weights and tokenizer
}

// ReadVersions asks the running binary.
func ReadVersions() Versions {
	v := Versions{Program: "devel", Go: runtime.Version(), Contracts: map[string]int{}}
	for _, k := range contract.Kinds() {
		v.Contracts[string(k)] = k.Version()
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Program = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// ReadEnvironment asks the machine; what it does not tell stays empty.
func ReadEnvironment() Environment {
	return Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(),
		CPU:    procField("/proc/cpuinfo", "model name"),
		Memory: kibibytes(procField("/proc/meminfo", "MemTotal")),
		BLAS:   blas.Current(os.Environ()),
	}
}

// AvailableMemory is how many bytes Linux says that new processes can have; 0 when it does
// not say.
func AvailableMemory() int64 { return kibibytes(procField("/proc/meminfo", "MemAvailable")) }

// WithModel adds what a backbone said of itself.
func (e Environment) WithModel(m contract.ModelInfo) Environment {
	e.Library, e.Device, e.DType, e.Threads, e.Model = m.Library, m.Device, m.DType, m.Threads, m.Fingerprint
	return e
}

// procField is the first value of a "name : value" file; "" when there is none.
func procField(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func kibibytes(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(s, " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
