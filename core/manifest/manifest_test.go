package manifest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
)

const whole = `kind: recommender
name: mine
contract: 2
command: [python3, plugin.py]
files: [plugin.py, model]
environment: [PYTHONPATH, HF_*]
packages: [numpy]
install: {requirements: requirements.txt}
check: {params: {epochs: 1}, epochs: 2}
`

// folder makes a plugin's folder with these files and returns the manifest's path.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, manifest.File)
}

func files(text string) map[string]string {
	return map[string]string{manifest.File: text, "plugin.py": "pass\n", "model/a.py": "a = 1\n", "requirements.txt": "numpy==2.0.0\n"}
}

func TestAManifestSaysHowAPluginIsStarted(t *testing.T) {
	path := folder(t, files(whole))
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind != contract.KindRecommender || m.Name != "mine" || m.Command[1] != "plugin.py" || m.Install.Python != "python3" || m.Check.Epochs != 2 || m.Path() != path || m.Dir() != filepath.Dir(path) {
		t.Errorf("read %+v", m)
	}
}

func TestAWrongManifestIsRefusedWithItsPlace(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, words string }{
		"an unknown key":          {"files:", "fils:", `plugin.yaml:5:1: fils: unknown key; did you mean "files"?`},
		"a missing key":           {"contract: 2\n", "", "contract"},
		"an unknown kind":         {"kind: recommender", "kind: recomender", `did you mean "recommender"?`},
		"no list":                 {"[python3, plugin.py]", "python3 plugin.py", "plugin.yaml:4:1: command: "},
		"a file above":            {"[plugin.py, model]", "[../outside]", "plugin.yaml:5:9: files[0]: expected a path inside the plugin's folder"},
		"an absolute file":        {"[plugin.py, model]", "[plugin.py, /etc/passwd]", "files[1]: expected a path inside the plugin's folder"},
		"a link that leads out":   {"[plugin.py, model]", "[link]", `files[0]: "link" leads out of the plugin's folder`},
		"a misspelt file":         {"[plugin.py, model]", "[plugn.py]", `"plugn.py" does not exist in the plugin's folder; did you mean "plugin.py"?`},
		"a program above":         {"[python3, plugin.py]", "[../python, plugin.py]", "command[0]: expected a path inside"},
		"no program":              {"[python3, plugin.py]", `["", plugin.py]`, "command[0]: expected the name of a program"},
		"requirements elsewhere":  {"requirements: requirements.txt", "requirements: ../r.txt", "install.requirements: expected a path inside"},
		"packages of no one":      {"install: {requirements: requirements.txt}\n", "", "packages: the packages' versions are read from the environment"},
		"a name with a slash":     {"name: mine", "name: mine/yours", "name: "},
		"a variable":              {"name: mine", "name: ${USER}", "a manifest has no variables"},
		"a star in the middle":    {"HF_*", "H*F", "environment[1]: "},
		"a number of epochs of 0": {"epochs: 2", "epochs: 0", "check.epochs: "},
	} {
		path := folder(t, files(strings.Replace(whole, c.from, c.to, 1)))
		if err := os.Symlink(outside, filepath.Join(filepath.Dir(path), "link")); err != nil {
			t.Fatal(err)
		}
		_, err := manifest.Load(path)
		if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want %q", name, err, c.words)
		}
	}
	if _, err := manifest.Load(filepath.Join(t.TempDir(), manifest.File)); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("no manifest: error %v", err)
	}
}

func TestTheChecksumIsOfEveryFileAndOfNothingElse(t *testing.T) {
	sum := func(text string, change map[string]string, further ...string) string {
		t.Helper()
		all := files(text)
		for name, content := range change {
			all[name] = content
		}
		m, err := manifest.Load(folder(t, all))
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.Sum(further)
		if err != nil || len(s) != 64 {
			t.Fatalf("sum %q, error %v", s, err)
		}
		return s
	}
	first := sum(whole, nil)
	for name, other := range map[string]string{
		"the manifest":     sum(whole+"# a comment\n", nil),
		"a file":           sum(whole, map[string]string{"plugin.py": "1\n"}),
		"a file of model/": sum(whole, map[string]string{"model/a.py": "a = 2\n"}),
		"a new one there":  sum(whole, map[string]string{"model/b.py": ""}),
		"the requirements": sum(whole, map[string]string{"requirements.txt": "numpy==2.0.1\n"}),
		"a package":        sum(whole, nil, "package numpy 2.0.0"),
	} {
		if other == first {
			t.Errorf("%s is no part of the checksum", name)
		}
	}
	for name, change := range map[string]string{"notes.txt": "x", "model/__pycache__/a.pyc": "x"} {
		if sum(whole, map[string]string{name: change}) != first {
			t.Errorf("%s is part of the checksum", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("kind: dataset\nfiles: [.]\ncommand: [a]\nname: a\ncontract: 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := folder(t, files(string(text)))
		m, err := manifest.Load(path)
		if err != nil {
			if !contract.IsBadInput(err) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if _, err := m.Sum(nil); err != nil && !contract.IsBadInput(err) {
			t.Fatalf("error %v", err)
		}
	})
}
