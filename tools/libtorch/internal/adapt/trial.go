package adapt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/system"
)

// ErrUnusable means that a libtorch is there but cannot be used: it does not link or load, or
// the binding does not compile against it.
var ErrUnusable = errors.New("it cannot be used")

// Trial links a program that does nothing with a libtorch and runs it, in a second or two. Parts
// that are missing, such as NVIDIA's libraries beside a wheel, or another architecture show
// here and not after minutes of compiling.
func Trial(l *found.Libtorch, cxx []string) error {
	folder, err := os.MkdirTemp("", "libtorch-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program := filepath.Join(folder, "trial")
	args := slices.Concat(cxx[1:], []string{"-x", "c++", "-", "-o", program}, CXXFlags(l), LDFlags(l))
	link := exec.Command(cxx[0], args...)
	link.Stdin = strings.NewReader("int main() { return 0; }\n")
	for _, command := range []*exec.Cmd{link, exec.Command(program)} {
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %w: %s", ErrUnusable, err, system.Tail(string(out), 3))
		}
	}
	return nil
}

// failure is the file that keeps why a libtorch could not be used.
func failure(fingerprint string) (string, error) {
	folder, err := Adapted(fingerprint)
	return folder + ".failed", err
}

// RememberFailure keeps an error for Failed.
func RememberFailure(fingerprint string, why error) error {
	path, err := failure(fingerprint)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(why.Error()+"\n"), 0o644)
}

// Failed is the error with which a libtorch could not be used before; nil when it was not tried.
func Failed(fingerprint string) error {
	path, err := failure(fingerprint)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	why := strings.TrimPrefix(strings.TrimSpace(string(text)), ErrUnusable.Error()+": ")
	return fmt.Errorf("%w, as an earlier run found (delete %s to try again): %s", ErrUnusable, path, why)
}
