package locate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"cllm4rec/tools/libtorch/found"
)

// System is the prefix that distributions install to.
const System = "/usr"

// Names of the places that a libtorch comes from, as found.Libtorch.Source has them.
const (
	FromVariable = "LIBTORCH"
	FromPython   = "python"
	FromDownload = "download"
	FromSystem   = "system"
)

// Named is the libtorch in a folder that the user named, which must hold one.
func Named(folder string) (*found.Libtorch, error) {
	l, err := At(folder, FromVariable)
	if err != nil {
		return nil, fmt.Errorf("LIBTORCH=%s: %w", folder, err)
	}
	return l, nil
}

// Candidates are what is there, the preferred first: the active Python's PyTorch, an earlier
// download in its folder, and the system's own files. Skipped says why others are none.
func Candidates(downloaded string) (all []*found.Libtorch, skipped []string) {
	places := []struct{ source, folder string }{
		{FromPython, pythonPackage()},
		{FromDownload, downloaded},
		{FromSystem, System},
	}
	for _, place := range places {
		if place.folder == "" || !exists(place.folder) {
			continue
		}
		l, err := At(place.folder, place.source)
		if err == nil {
			all = append(all, l)
		} else if place.source != FromSystem || !errors.Is(err, ErrNone) { // every system has a /usr
			skipped = append(skipped, err.Error())
		}
	}
	return all, skipped
}

// findTorch prints the package's folder without importing it, which would take seconds.
const findTorch = `import importlib.util as u
s = u.find_spec("torch")
print(s.submodule_search_locations[0] if s and s.submodule_search_locations else "")`

// pythonPackage is the folder of the active Python's torch package, or "".
func pythonPackage() string {
	python := "python3"
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		python = filepath.Join(env, "bin", "python")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, python, "-c", findTorch).Output()
	if err != nil { // no Python is no PyTorch
		return ""
	}
	return strings.TrimSpace(string(out))
}
