package pyenv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/manifest"
)

// Install makes the environment of a plugin, or renews it, by the plugin's interpreter, venv
// and pip: its requirements, then the SDK in the folder sdk. What they say goes to out. The
// stamp is written last, so that an environment whose making was cut off is none.
func Install(ctx context.Context, m *manifest.Manifest, sdk string, out io.Writer) (dir string, err error) {
	if m.Install == nil {
		return "", contract.Errorf(contract.ErrInvalid, "plugin %s has no install section in %s: it runs with what is on PATH", m.Name, m.Path())
	}
	if _, err := os.Stat(filepath.Join(sdk, "pyproject.toml")); err != nil {
		return "", contract.Errorf(contract.ErrNotFound, "the Python SDK is not in %s (%v): make build puts it there", sdk, err)
	}
	interpreter, err := exec.LookPath(m.Install.Python)
	if err != nil {
		return "", contract.Errorf(contract.ErrNotFound, "plugin %s is installed with %q, which is not on PATH", m.Name, m.Install.Python)
	}
	want, err := stampOf(m)
	if err != nil {
		return "", err
	}
	if dir, err = Folder(m); err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	if err := os.Remove(filepath.Join(dir, stampName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	e := &Environment{Dir: dir}
	copied, err := os.MkdirTemp("", "cllm4rec-sdk-") // pip writes into what it builds
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(copied) }()
	if err := os.CopyFS(filepath.Join(copied, "python"), os.DirFS(sdk)); err != nil {
		return "", err
	}
	pip := []string{e.python(), "-m", "pip", "install", "--disable-pip-version-check"}
	for _, args := range [][]string{
		{interpreter, "-m", "venv", dir},
		slices.Concat(pip, []string{"-r", m.Install.Requirements}),
		slices.Concat(pip, []string{filepath.Join(copied, "python")}),
	} {
		if err := step(ctx, m, args, out); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(want)
	if err != nil {
		return "", err
	}
	return dir, disk.Replace(filepath.Join(dir, stampName), raw)
}

// step runs one program in the plugin's folder.
func step(ctx context.Context, m *manifest.Manifest, args []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.Dir(), out, out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("the environment of plugin %s was not made: %q: %w", m.Name, args, err)
	}
	return nil
}
