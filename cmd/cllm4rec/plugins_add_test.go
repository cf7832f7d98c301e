package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/pyenv"
)

// toAdd is a folder with a plugin that a shell starts: it ends at once, which adding it does
// not try.
func toAdd(t *testing.T, name, more string) string {
	t.Helper()
	dir := t.TempDir()
	text := "kind: recommender\nname: " + name + "\ncontract: 2\ncommand: [./run.sh]\nfiles: [run.sh, model]\n" + more
	err := errors.Join(os.Mkdir(filepath.Join(dir, "model"), 0o755),
		os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(dir, "run.sh"), []byte("#!/bin/sh\necho first\n"), 0o755),
		os.WriteFile(filepath.Join(dir, "model", "weights"), []byte("1"), 0o644),
		os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("of the author"), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAnAddedPluginIsFoundUntilItIsRemoved(t *testing.T) {
	s, dir := newShell(t), toAdd(t, "mine", "")
	t.Setenv(pyenv.EnvFolder, t.TempDir())
	stdout, _ := s.expect(exitDone, "plugins", "add", dir)
	there := filepath.Join(s.plugins, "baselines", "mine")
	for _, want := range []string{
		"added the recommender plugin mine: 3 files in " + there, "check it: cllm4rec plugins check mine",
		"use it: methods: [{name: mine, recommender: {plugin: mine}}]",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	if stdout, _ := s.expect(exitDone, "plugins"); !strings.Contains(stdout, "mine") {
		t.Errorf("plugins does not list it:\n%s", stdout)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	program, err := os.Stat(filepath.Join(there, "run.sh"))
	if err != nil || program.Mode().Perm()&0o100 == 0 {
		t.Errorf("the copy of its program: %v, error %v", program, err)
	}
	if _, err := os.Stat(filepath.Join(there, "notes.txt")); err == nil {
		t.Error("a file that the manifest does not name was copied")
	}
	if stdout, _ = s.expect(exitDone, "plugins", "remove", "mine"); stdout != "removed "+there+"\n" {
		t.Errorf("remove: %s", stdout)
	}
	if stdout, _ := s.expect(exitDone, "plugins"); strings.Contains(stdout, "mine") {
		t.Errorf("after remove plugins lists it:\n%s", stdout)
	}
	if _, stderr := s.expect(exitBadInput, "plugins", "remove", "mine"); !strings.Contains(stderr, `there is no plugin "mine"`) {
		t.Errorf("remove again: %s", stderr)
	}
}

// After a change of the contract a plugin that was added may be one that this program refuses.
func TestAnAddedPluginThatIsNotUnderstoodIsRemovedAllTheSame(t *testing.T) {
	s, dir := newShell(t), toAdd(t, "mine", "")
	t.Setenv(pyenv.EnvFolder, t.TempDir())
	s.expect(exitDone, "plugins", "add", dir)
	there := filepath.Join(s.plugins, "baselines", "mine")
	if err := os.WriteFile(filepath.Join(there, "plugin.yaml"), []byte("kind: recommender\nname: mine\ncontract: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.expect(exitDone, "plugins", "remove", "mine")
	if _, err := os.Stat(there); err == nil {
		t.Error("it is still there")
	}
}

func TestANameThatIsTakenIsRefusedUnlessItIsToBeReplaced(t *testing.T) {
	s, dir := newShell(t), toAdd(t, "mine", "")
	s.expect(exitDone, "plugins", "add", dir)
	if _, stderr := s.expect(exitBadInput, "plugins", "add", dir); !strings.Contains(stderr, `the recommender plugin "mine" was added already, from `+dir+"; --replace puts") {
		t.Errorf("again: %s", stderr)
	}
	next := toAdd(t, "mine", "")
	if err := errors.Join(os.WriteFile(filepath.Join(next, "run.sh"), []byte("#!/bin/sh\necho second\n"), 0o755), os.Remove(filepath.Join(next, "model", "weights"))); err != nil {
		t.Fatal(err)
	}
	s.expect(exitDone, "plugins", "add", next, "--replace")
	there := filepath.Join(s.plugins, "baselines", "mine")
	if code, err := os.ReadFile(filepath.Join(there, "run.sh")); err != nil || !strings.Contains(string(code), "second") {
		t.Errorf("after --replace: %s, error %v", code, err)
	}
	if _, err := os.Stat(filepath.Join(there, "model", "weights")); err == nil {
		t.Error("after --replace a file of the earlier one is left")
	}
	if left, err := filepath.Glob(filepath.Join(s.plugins, "baselines", ".added", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
	for _, args := range [][]string{{"plugins", "add", toAdd(t, "fakerec", "")}, {"plugins", "add", toAdd(t, "fakerec", ""), "--replace"}} {
		if _, stderr := s.expect(exitBadInput, args...); !strings.Contains(stderr, `there is a recommender plugin "fakerec" already, `+filepath.Join(s.plugins, "baselines", "fakerec")) {
			t.Errorf("%v: %s", args, stderr)
		}
	}
}

func TestAFolderThatIsNoPluginIsNotAdded(t *testing.T) {
	s := newShell(t)
	wrong := toAdd(t, "mine", "fils: [a]\nenvironment: [1X]\n")
	if _, stderr := s.expect(exitBadInput, "plugins", "add", wrong); !strings.Contains(stderr, `fils: unknown key; did you mean "files"?`) || !strings.Contains(stderr, "environment[0]") {
		t.Errorf("not every problem is told: %s", stderr)
	}
	if _, stderr := s.expect(exitBadInput, "plugins", "add", t.TempDir()); !strings.Contains(stderr, "plugin.yaml does not exist") {
		t.Errorf("a folder without a manifest: %s", stderr)
	}
	old := toAdd(t, "old", "")
	text, err := os.ReadFile(filepath.Join(old, "plugin.yaml"))
	if err := errors.Join(err, os.WriteFile(filepath.Join(old, "plugin.yaml"), []byte(strings.Replace(string(text), "contract: 2", "contract: 7", 1)), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, stderr := s.expect(exitBadInput, "plugins", "add", old); !strings.Contains(stderr, "is written for version 7 of the recommender contract, this program speaks version 2") {
		t.Errorf("another contract: %s", stderr)
	}
	if _, err := os.Stat(filepath.Join(s.plugins, "baselines", "mine")); err == nil {
		t.Error("something was copied")
	}
}

// What the section check names is no part of the checksum, and a check of the copy needs it.
func TestWhatACheckNeedsIsAddedToo(t *testing.T) {
	s, dir := newShell(t), toAdd(t, "mine", "check: {params: {inner: [./sample/a.txt], out: ./later}}\n")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "sample"), 0o755), os.WriteFile(filepath.Join(dir, "sample", "a.txt"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if stdout, _ := s.expect(exitDone, "plugins", "add", dir); !strings.Contains(stdout, "4 files") {
		t.Errorf("stdout:\n%s", stdout)
	}
	if _, err := os.Stat(filepath.Join(s.plugins, "baselines", "mine", "sample", "a.txt")); err != nil {
		t.Error(err)
	}
}
