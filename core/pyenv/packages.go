package pyenv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cllm4rec/core/contract"
)

// sdkPackage is the Python SDK, which is part of every plugin that has an environment.
const sdkPackage = "cllm4rec"

// separators of a package's name are all the same (PEP 503).
var separators = regexp.MustCompile(`[-_.]+`)

func normal(name string) string { return strings.ToLower(separators.ReplaceAllString(name, "-")) }

// Identity are lines that say what of an environment makes a plugin what it is: the
// version of Python, and of each package, and of the SDK where it is there, its version
// and the sha256 of its RECORD, which lists the sha256 of every file of it. Nothing is
// executed. ErrNotFound names a package that is missing.
func (e *Environment) Identity(packages []string) ([]string, error) {
	installed, err := e.installed()
	if err != nil {
		return nil, err
	}
	version, err := e.version()
	if err != nil {
		return nil, err
	}
	lines := []string{"python " + version}
	if _, there := installed[sdkPackage]; there {
		packages = append([]string{sdkPackage}, packages...)
	}
	for _, name := range packages {
		info, there := installed[normal(name)]
		if !there {
			return nil, contract.Errorf(contract.ErrNotFound, "the package %q is not in the environment %s: name it in the requirements and install again", name, e.Dir)
		}
		record, err := os.ReadFile(filepath.Join(info.dir, "RECORD"))
		if err != nil {
			return nil, contract.Errorf(contract.ErrBadData, "the package %q of the environment %s: %v", name, e.Dir, err)
		}
		sum := sha256.Sum256(record)
		lines = append(lines, fmt.Sprintf("package %s %s %s", normal(name), info.version, hex.EncodeToString(sum[:])))
	}
	return lines, nil
}

// distribution is an installed package.
type distribution struct{ dir, version string }

// installed are the packages by their normal names.
func (e *Environment) installed() (map[string]distribution, error) {
	found, err := filepath.Glob(filepath.Join(e.Dir, "lib", "python*", "site-packages", "*.dist-info"))
	if err != nil {
		return nil, err
	}
	all := map[string]distribution{}
	for _, dir := range found {
		name, version, ok := strings.Cut(strings.TrimSuffix(filepath.Base(dir), ".dist-info"), "-")
		if ok {
			all[normal(name)] = distribution{dir, version}
		}
	}
	return all, nil
}

// version is that of the environment's Python, as pyvenv.cfg says it.
func (e *Environment) version() (string, error) {
	path := filepath.Join(e.Dir, "pyvenv.cfg")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", contract.Errorf(contract.ErrBadData, "%s does not exist: the folder is no virtual environment", path)
	}
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "version" {
			return strings.TrimSpace(value), nil
		}
	}
	return "", contract.Errorf(contract.ErrBadData, "%s does not say which version of Python it is for", path)
}
