// Package system finds out which system packages are missing and installs them through apt.
package system

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/tools/libtorch/internal/console"
)

// Need is something that the build wants from the system.
type Need struct {
	What     string   // for the user, e.g. "a C++ compiler"
	Packages []string // of Debian and Ubuntu
}

// The needs that setup knows.
var (
	compiler = Need{"a C++ compiler", []string{"g++"}}
	blas     = Need{"OpenBLAS", []string{"libopenblas-dev", "libopenblas0-pthread"}}
	// Libtorch is the distribution's own libtorch. It computes with OpenBLAS's matrix
	// product when that is installed, and many times slower without.
	Libtorch = Need{"libtorch", []string{"libtorch-dev", "libopenblas0-pthread"}}
)

// Missing lists what this machine lacks, libtorch aside. CXX is the C++ compiler's command.
func Missing(cxx string) []Need {
	var out []Need
	if _, err := exec.LookPath(cxx); err != nil {
		return []Need{compiler, blas} // without a compiler a trial link says nothing
	}
	if !openBLAS(cxx) {
		out = append(out, blas)
	}
	return out
}

// openBLAS reports whether -lopenblas links.
func openBLAS(cxx string) bool {
	for _, pattern := range []string{"/usr/lib/*/libopenblas.so", "/usr/lib64/libopenblas.so", "/usr/lib/libopenblas.so"} {
		if hits, err := filepath.Glob(pattern); err == nil && len(hits) > 0 {
			return true
		}
	}
	link := exec.Command(cxx, "-x", "c", "-", "-o", os.DevNull, "-lopenblas")
	link.Args = append(link.Args, strings.Fields(os.Getenv("CGO_LDFLAGS"))...)
	link.Stdin = strings.NewReader("int main(void) { return 0; }\n")
	return link.Run() == nil
}

// Apt installs packages on Debian and Ubuntu.
type Apt struct {
	Out     *console.Console
	updated bool
}

// Usable reports whether packages can be installed: there is an apt-get, and the user is root or has sudo.
func (a *Apt) Usable() bool {
	_, err := a.command("apt-get")
	return err == nil
}

// command is a program of apt's as this user has to call it.
func (a *Apt) command(args ...string) ([]string, error) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil, fmt.Errorf("this system has no apt-get")
	}
	if os.Geteuid() == 0 {
		return args, nil
	}
	if _, err := exec.LookPath("sudo"); err != nil {
		return nil, fmt.Errorf("you are not root and there is no sudo")
	}
	return append([]string{"sudo"}, args...), nil
}

// Candidate is the version of a package that apt would install, or "".
func (a *Apt) Candidate(name string) string {
	a.update()
	out, err := exec.Command("apt-cache", "policy", name).Output()
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(out)) {
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "Candidate: "); ok && version != "(none)" {
			return version
		}
	}
	return ""
}

// update refreshes apt's lists, once. Older lists may still do, so a failure is only told.
func (a *Apt) update() {
	if a.updated {
		return
	}
	a.updated = true
	if err := a.run("apt-get", "update", "-qq"); err != nil {
		a.Out.Say("%v", err)
	}
}

// Install installs what the needs name. The error tells the command to run by hand.
func (a *Apt) Install(needs []Need) error {
	packages, what := merge(needs)
	if !a.Usable() {
		_, err := a.command()
		return fmt.Errorf("%w: %s", err, ByHand(needs))
	}
	a.Out.Say("missing: %s; installing %s", what, strings.Join(packages, " "))
	a.update()
	err := a.Out.During("apt-get install", "", func() error {
		return a.run(append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, packages...)...)
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, ByHand(needs))
	}
	return nil
}

// run runs a command of apt's and keeps its output for the error.
func (a *Apt) run(args ...string) error {
	command, err := a.command(args...)
	if err != nil {
		return err
	}
	run := exec.Command(command[0], command[1:]...)
	run.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	run.Stdin = os.Stdin // sudo may ask for the password
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	if err := run.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args[:2], " "), err, Tail(output.String(), 6))
	}
	return nil
}

func merge(needs []Need) (packages []string, what string) {
	names := make([]string, len(needs))
	for i, need := range needs {
		names[i] = need.What
		packages = append(packages, need.Packages...)
	}
	slices.Sort(packages)
	return slices.Compact(packages), strings.Join(names, ", ")
}

// ByHand says what is missing and with which command a user gets it.
func ByHand(needs []Need) string {
	packages, what := merge(needs)
	return "missing: " + what + ". On Debian and Ubuntu:\n" +
		"  sudo apt-get update && sudo apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
}

// Tail is the last lines of a text.
func Tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
