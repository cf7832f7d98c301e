package pyenv

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/manifest"
)

// Install makes the environment of a plugin, or makes it anew, by the plugin's interpreter,
// venv and pip: its requirements, then the SDK in the folder sdk. What they say goes to out.
// The stamp is written last, so that an environment whose making was cut off is none. One
// process makes it at a time; an ErrInvalid tells the second.
func Install(ctx context.Context, m *manifest.Manifest, sdk string, out io.Writer) (dir string, err error) {
	interpreter, err := check(m, sdk)
	if err != nil {
		return "", err
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
	unlock, err := lock(m, dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	copied, err := os.MkdirTemp("", "cllm4rec-sdk-") // pip writes into what it builds
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(copied) }()
	if err := os.CopyFS(filepath.Join(copied, "python"), os.DirFS(sdk)); err != nil {
		return "", err
	}
	e := &Environment{Dir: dir}
	pip := []string{e.python(), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"}
	for _, s := range []struct {
		what string
		args []string
	}{
		// --clear takes the stamp of an earlier one away, and packages that nothing asks for any more.
		{"venv made no environment", []string{interpreter, "-I", "-m", "venv", "--clear", dir}},
		{"pip did not install " + m.Install.Requirements, slices.Concat(pip, []string{"-r", m.Install.Requirements})},
		{"pip did not install the SDK", slices.Concat(pip, []string{filepath.Join(copied, "python")})},
	} {
		if err := step(ctx, m, s.what, s.args, out); err != nil {
			return "", err
		}
	}
	raw, err := json.Marshal(want)
	if err != nil {
		return "", err
	}
	return dir, disk.Replace(filepath.Join(dir, stampName), raw)
}

// check looks whether there is something to install and to install with, and finds the
// interpreter.
func check(m *manifest.Manifest, sdk string) (interpreter string, err error) {
	if m.Install == nil {
		return "", contract.Errorf(contract.ErrInvalid, "plugin %s has no install section in %s: it runs with what is on PATH", m.Name, m.Path())
	}
	if _, err := os.Stat(filepath.Join(sdk, "pyproject.toml")); err != nil {
		return "", contract.Errorf(contract.ErrNotFound, "the Python SDK is not in %s (%v): make build puts it there", sdk, err)
	}
	interpreter, err = exec.LookPath(m.Install.Python)
	if err != nil {
		return "", contract.Errorf(contract.ErrNotFound, "plugin %s is installed with %q, which is not on PATH", m.Name, m.Install.Python)
	}
	return interpreter, nil
}

// step runs one program in the plugin's folder.
func step(ctx context.Context, m *manifest.Manifest, what string, args []string, out io.Writer) error {
	said := &reason{to: out}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = m.Dir(), said, said, environ(os.Environ())
	endsWhole(cmd)
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("plugin %s has no environment, since %s (%w): %s", m.Name, what, err, said.words())
	}
	return nil
}
