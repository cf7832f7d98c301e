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

// Names of the places that Search looks in, as found.Libtorch.Source has them.
const (
	FromVariable = "LIBTORCH"
	FromPython   = "python"
	FromDownload = "download"
	FromSystem   = "system"
)

// Search looks in order at the folder that the user named, the active Python's PyTorch, the
// folder of an earlier download and the system's own files. A folder that the user named must hold one;
// the others are passed over, and skipped says why. It returns nil when there is none.
func Search(downloaded, named string) (l *found.Libtorch, skipped []string, err error) {
	if named != "" {
		l, err := At(named, FromVariable)
		if err != nil {
			return nil, nil, fmt.Errorf("LIBTORCH=%s: %w", named, err)
		}
		return l, nil, nil
	}
	places := []struct{ source, folder string }{
		{FromPython, pythonPackage()},
		{FromDownload, downloaded},
		{FromSystem, "/usr"},
	}
	for _, place := range places {
		if place.folder == "" || !exists(place.folder) {
			continue
		}
		l, err := At(place.folder, place.source)
		if err == nil {
			return l, skipped, nil
		}
		if place.source != FromSystem || !errors.Is(err, ErrNone) { // every system has a /usr
			skipped = append(skipped, err.Error())
		}
	}
	return nil, skipped, nil
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
