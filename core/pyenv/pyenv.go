// Package pyenv makes and finds the Python environments of plugins: one virtual
// environment each, made by `cllm4rec plugins install` from the plugin's manifest.
package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
	"cllm4rec/core/schema"
)

// EnvFolder names the folder of all environments.
const EnvFolder = "CLLM4REC_ENVIRONMENTS"

// stampName is the file that says what an environment was made from. It is written last:
// an environment without it is one that was not finished.
const stampName = "cllm4rec.json"

// stamp is what decides an environment, but for what pip chose to install.
type stamp struct {
	Python       string `json:"python"`
	Requirements string `json:"requirements"` // sha256 of the file
	Platform     string `json:"platform"`
}

// Environment is a virtual environment that is there.
type Environment struct {
	Dir string // absolute
}

// Folder is where the environment of a plugin lies: in $CLLM4REC_ENVIRONMENTS, or else in
// the folder cllm4rec/environments of the user's cache.
func Folder(m *manifest.Manifest) (string, error) {
	base := os.Getenv(EnvFolder)
	if base == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		base = filepath.Join(cache, "cllm4rec", "environments")
	}
	return filepath.Abs(filepath.Join(base, string(m.Kind)+"-"+m.Name))
}

// Open finds the environment of a plugin whose manifest has an install section.
// ErrNotFound where there is none, ErrInvalid where it was made from something else or on
// a machine whose interpreter is not here; both say the command that mends it.
func Open(m *manifest.Manifest) (*Environment, error) {
	dir, err := Folder(m)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, stampName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "plugin %s has no environment in %s; make it: cllm4rec plugins install %s", m.Name, dir, m.Name)
	}
	if err != nil {
		return nil, err
	}
	var made stamp
	if err := schema.Unmarshal(raw, &made); err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is damaged (%v); make the environment again: cllm4rec plugins install %s", filepath.Join(dir, stampName), err, m.Name)
	}
	want, err := stampOf(m)
	if err != nil {
		return nil, err
	}
	e := &Environment{Dir: dir}
	if why := e.stale(made, want); why != "" {
		return nil, contract.Errorf(contract.ErrInvalid, "the environment %s of plugin %s %s; make it again: cllm4rec plugins install %s", dir, m.Name, why, m.Name)
	}
	return e, nil
}

// stale says why an environment is not the one that is asked for, or "".
func (e *Environment) stale(made, want stamp) string {
	switch {
	case made.Platform != want.Platform:
		return "was made on " + made.Platform + ", this is " + want.Platform
	case made.Requirements != want.Requirements:
		return "was made from other requirements"
	case made.Python != want.Python:
		return "was made with " + made.Python + ", the manifest says " + want.Python
	}
	if _, err := os.Stat(e.python()); err != nil {
		return "was made with an interpreter that is not on this machine"
	}
	return ""
}

func stampOf(m *manifest.Manifest) (stamp, error) {
	text, err := os.ReadFile(filepath.Join(m.Dir(), m.Install.Requirements))
	if err != nil {
		return stamp{}, err
	}
	sum := sha256.Sum256(text)
	return stamp{Python: m.Install.Python, Requirements: hex.EncodeToString(sum[:]), Platform: runtime.GOOS + "/" + runtime.GOARCH}, nil
}

// Bin is the folder of the environment's programs.
func (e *Environment) Bin() string { return filepath.Join(e.Dir, "bin") }

func (e *Environment) python() string { return filepath.Join(e.Bin(), "python") }
