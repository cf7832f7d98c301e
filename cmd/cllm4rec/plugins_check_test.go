package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/pyenv"
)

func TestCheckSaysWhatAPluginDoesNotKeep(t *testing.T) {
	s := newShell(t)
	stdout, stderr := s.expect(exitFailure, "plugins", "check", "fakerec")
	for _, want := range []string{
		"ok      it serves its runner and nobody else", "ok      two runs give the same bytes",
		"FAILED  the method learns two tastes", "the recall of held-out items of the two tastes is",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "fakerec does not keep the recommender contract: 1 of 32 checks failed") {
		t.Errorf("stderr:\n%s", stderr)
	}
}

func TestCheckOfADatasetPasses(t *testing.T) {
	s := newShell(t)
	path := s.file("fake", "fakedata 30\n")
	stdout, _ := s.expect(exitDone, "plugins", "check", "fakedata", "--quiet", "--sniff", path)
	if !strings.HasPrefix(stdout, "fakedata keeps the dataset contract: ") {
		t.Errorf("stdout:\n%s", stdout)
	}
}

func TestCheckOfNothingSaysWhatIsThere(t *testing.T) {
	s := newShell(t)
	_, stderr := s.expect(exitBadInput, "plugins", "check", "fakerek")
	if !strings.Contains(stderr, `there is no plugin "fakerek"; did you mean "fakerec"?`) {
		t.Errorf("stderr:\n%s", stderr)
	}
	_, stderr = s.expect(exitBadInput, "plugins", "check", "fakerec", "--params", "{")
	if !strings.Contains(stderr, "--params") {
		t.Errorf("stderr:\n%s", stderr)
	}
	_, stderr = s.expect(exitBadInput, "plugins", "install", "fakerec")
	if !strings.Contains(stderr, "it needs no environment") {
		t.Errorf("stderr:\n%s", stderr)
	}
}

// A plugin that has to be installed is named so, and a plugin of another kind that has its
// name and needs nothing is not in the way.
func TestAPluginThatIsNotInstalledSaysHow(t *testing.T) {
	s := newShell(t)
	t.Setenv(pyenv.EnvFolder, t.TempDir())
	dir := filepath.Join(s.plugins, "datasets", "fakerec")
	err := errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte("kind: dataset\nname: fakerec\ncontract: 2\ncommand: [python, r.txt]\nfiles: [r.txt]\ninstall: {requirements: r.txt}\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "r.txt"), nil, 0o644))
	if err != nil {
		t.Fatal(err)
	}
	if stdout, _ := s.expect(exitDone, "plugins"); !strings.Contains(stdout, "is not installed: cllm4rec plugins install fakerec") {
		t.Errorf("plugins:\n%s", stdout)
	}
	if _, stdout, _ := s.do("doctor"); !strings.Contains(stdout, "dataset fakerec is not installed; experiments that name it need it: cllm4rec plugins install fakerec") {
		t.Errorf("doctor:\n%s", stdout)
	}
	if _, stderr := s.expect(exitBadInput, "plugins", "install", "fakerec"); !strings.Contains(stderr, "the Python SDK is not in") {
		t.Errorf("install: %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "plugins", "remove", "fakerec"); !strings.Contains(stderr, "plugin fakerec has no environment in") {
		t.Errorf("remove: %s", stderr)
	}
}

func TestNewMakesAFolderThatIsAPlugin(t *testing.T) {
	s := newShell(t)
	for what, marker := range map[string]string{"baseline": `name, fold_in = "mine"`, "dataset": `name = "mine"`} {
		dir := filepath.Join(s.dir, what)
		stdout, _ := s.expect(exitDone, "plugins", "new", what, "mine", "--dir", dir)
		code, err := os.ReadFile(filepath.Join(dir, "plugin.py"))
		if err != nil || !strings.Contains(string(code), marker) || strings.Contains(string(code), "NAME") || !strings.Contains(stdout, "plugins check "+dir) {
			t.Errorf("%s: error %v, stdout %s\n%s", what, err, stdout, code)
		}
		if _, stderr := s.expect(exitBadInput, "plugins", "new", what, "mine", "--dir", dir); !strings.Contains(stderr, "is there already") {
			t.Errorf("again: %s", stderr)
		}
	}
	for _, c := range []struct{ args, words string }{
		{"basline mine", `did you mean "baseline"?`}, {"baseline Mine", "no name of a plugin"},
		{"baseline mine --language pyton", `did you mean "python"?`}, {"baseline mine --language go", "docs/adding-a-baseline.md"},
	} {
		_, stderr := s.expect(exitBadInput, append([]string{"plugins", "new"}, strings.Fields(c.args)...)...)
		if !strings.Contains(stderr, c.words) {
			t.Errorf("%s: %s", c.args, stderr)
		}
	}
}

// The templates are the examples of the SDK, which its tests hold against the contract.
func TestTheTemplatesAreTheExamplesOfTheSDK(t *testing.T) {
	for template, example := range map[string][3]string{
		"baseline": {"cooccurrence", "Cooccurrence", "cooccurrence"}, "dataset": {"lines", "Lines", "lines"},
	} {
		want, err := os.ReadFile(filepath.Join("..", "..", "python", "examples", example[0], "plugin.py"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := templates.ReadFile("templates/" + template + ".py")
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("class Plugin", "class "+example[1], `"NAME"`, `"`+example[2]+`"`, "serve(Plugin)", "serve("+example[1]+")").Replace(string(got))
		if text != string(want) {
			t.Errorf("templates/%s.py is not python/examples/%s/plugin.py", template, example[0])
		}
	}
}
