package host

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/disk"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
)

// program is how a plugin is started, and what it is made of.
type program struct {
	args []string // the first one is the path of what is executed
	dir  string   // to run in; "" is the host's own
	env  []string // to let through or to set, KEY=VALUE
	sum  func() (string, error)
}

// program finds out how to start a plugin.
func (h *Host) program(b Binary) (program, error) {
	if !b.HasManifest() {
		return program{args: []string{b.Path}, sum: func() (string, error) { return h.checksum(b.Path) }}, nil
	}
	m, err := b.Manifest()
	if err != nil {
		return program{}, err
	}
	p := program{dir: m.Dir(), env: through(m.Environment, os.Environ())}
	search := os.Getenv("PATH")
	var further []string
	if m.Install != nil {
		environment, err := pyenv.Open(m)
		if err != nil {
			return program{}, err
		}
		if further, err = environment.Identity(m.Packages); err != nil {
			return program{}, err
		}
		search = environment.Bin() + string(filepath.ListSeparator) + search
		p.env = append(p.env, "VIRTUAL_ENV="+environment.Dir, "PATH="+search)
	}
	first, err := programPath(m, search)
	p.args = append([]string{first}, m.Command[1:]...)
	p.sum = func() (string, error) { return m.Sum(further) }
	return p, err
}

// programPath is the path of a manifest's program.
func programPath(m *manifest.Manifest, search string) (string, error) {
	name := m.Command[0]
	switch {
	case filepath.IsAbs(name):
	case strings.Contains(name, "/"):
		name = filepath.Join(m.Dir(), name)
	default:
		for _, dir := range filepath.SplitList(search) {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() && executable(info) {
				return path, nil
			}
		}
		return "", contract.Errorf(contract.ErrNotFound, "plugin %s runs %q, which is not on PATH", m.Name, name)
	}
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return "", contract.Errorf(contract.ErrNotFound, "plugin %s runs %s, which does not exist", m.Name, name)
	case err != nil:
		return "", err
	case info.IsDir() || !executable(info):
		return "", contract.Errorf(contract.ErrInvalid, "plugin %s runs %s, which is not executable: chmod +x %s", m.Name, name, name)
	}
	return name, nil
}

// through are the variables of own that a manifest lets through.
func through(patterns, own []string) []string {
	var env []string
	for _, kv := range own {
		name, _, _ := strings.Cut(kv, "=")
		for _, pattern := range patterns {
			prefix, open := strings.CutSuffix(pattern, "*")
			if name == pattern || open && strings.HasPrefix(name, prefix) {
				env = append(env, kv)
				break
			}
		}
	}
	return env
}

// current is the sum of the program as it is now; a file is read anew.
func (p program) current(b Binary) (string, error) {
	if b.HasManifest() {
		return p.sum()
	}
	sum, _, err := disk.Sum(b.Path)
	return sum, err
}

// command is the process to start, with the pipe that ends with this host.
func (h *Host) command(p program, env []string, life *os.File) *exec.Cmd {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir = p.dir
	cmd.ExtraFiles = []*os.File{life}
	cmd.Env = append(append(h.options.environ(os.Environ()), p.env...), env...)
	return cmd
}
