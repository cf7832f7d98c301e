package pyenv_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
	"cllm4rec/core/pyenv"
)

// environment makes a plugin with an environment as pip leaves it, and nothing that runs.
func environment(t *testing.T, change map[string]string) *manifest.Manifest {
	t.Helper()
	base := t.TempDir()
	t.Setenv(pyenv.EnvFolder, filepath.Join(base, "environments"))
	env := "environments/recommender-mine/"
	files := map[string]string{
		"mine/plugin.yaml":    "kind: recommender\nname: mine\ncontract: 2\ncommand: [python, a.py]\nfiles: [a.py]\npackages: [NumPy]\ninstall: {requirements: r.txt}\n",
		"mine/a.py":           "",
		"mine/r.txt":          "x",
		env + "bin/python":    "",
		env + "pyvenv.cfg":    "home = /usr/bin\nversion = 3.11.7\n",
		env + "cllm4rec.json": stampOfX,
		env + "lib/python3.11/site-packages/numpy-2.0.1.dist-info/RECORD":    "numpy/__init__.py,sha256=a,1\n",
		env + "lib/python3.11/site-packages/cllm4rec-1.0.0.dist-info/RECORD": "cllm4rec/__init__.py,sha256=b,1\n",
	}
	for name, content := range change {
		files[name] = content
	}
	for name, content := range files {
		path := filepath.Join(base, name)
		if content == "none" {
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := manifest.Load(filepath.Join(base, "mine", "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const sumOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // sha256 of "x"

var stampOfX = fmt.Sprintf(`{"python": "python3", "requirements": %q, "platform": %q}`, sumOfX, runtime.GOOS+"/"+runtime.GOARCH)

func TestAnEnvironmentSaysWhichPackagesItHas(t *testing.T) {
	identity := func(change map[string]string) string {
		t.Helper()
		m := environment(t, change)
		e, err := pyenv.Open(m)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := e.Identity(m.Packages)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(lines, "\n")
	}
	first := identity(nil)
	for _, want := range []string{"python 3.11.7\n", "package cllm4rec 1.0.0 ", "package numpy 2.0.1 "} {
		if !strings.Contains(first, want) {
			t.Errorf("%q lacks %q", first, want)
		}
	}
	const record = "environments/recommender-mine/lib/python3.11/site-packages/numpy-2.0.1.dist-info/RECORD"
	if identity(map[string]string{record: "numpy/__init__.py,sha256=c,1\n"}) == first {
		t.Error("another content of numpy is the same environment")
	}
}

func TestAnEnvironmentThatIsNotTheRightOneIsRefused(t *testing.T) {
	const env = "environments/recommender-mine/"
	for name, c := range map[string]struct {
		change   map[string]string
		sentinel error
		words    string
	}{
		"none":                  {map[string]string{env + "cllm4rec.json": "none"}, contract.ErrNotFound, "has no environment"},
		"another machine's":     {map[string]string{env + "bin/python": "none"}, contract.ErrInvalid, "an interpreter that is not on this machine"},
		"another platform's":    {map[string]string{env + "cllm4rec.json": strings.Replace(stampOfX, runtime.GOOS, "plan9", 1)}, contract.ErrInvalid, "was made on plan9/"},
		"other requirements'":   {map[string]string{"mine/r.txt": "y"}, contract.ErrInvalid, "was made from other requirements"},
		"another interpreter's": {map[string]string{env + "cllm4rec.json": strings.Replace(stampOfX, `"python3"`, `"python3.9"`, 1)}, contract.ErrInvalid, "was made with python3.9, the manifest says python3"},
		"a damaged one":         {map[string]string{env + "cllm4rec.json": "{"}, contract.ErrInvalid, "is damaged"},
	} {
		_, err := pyenv.Open(environment(t, c.change))
		if !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), "cllm4rec plugins install mine") {
			t.Errorf("%s: error %v, want %q and the command that mends it", name, err, c.words)
		}
	}
	m := environment(t, map[string]string{env + "lib/python3.11/site-packages/numpy-2.0.1.dist-info/RECORD": "none"})
	e, err := pyenv.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Identity(m.Packages); !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), `"NumPy"`) {
		t.Errorf("a missing package: error %v", err)
	}
}
