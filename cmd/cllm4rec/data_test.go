package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatSniffPrintsIsReadByAnExperiment(t *testing.T) {
	s := newShell(t)
	stdout, _ := s.expect(exitDone, "data", "sniff", s.file("tastes.txt", "fakedata 30\n"))
	for _, want := range []string{"# fakedata: the first line says so (certain)\n", "with values, with times", "plugin: fakedata", "params: {users: 30}", "split: {method: leave_one_out}"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("want %q in\n%s", want, stdout)
		}
	}
	plan := s.file("found.yaml", "name: found\n"+stdout+"evaluate: {metrics: [recall@5]}\nmethods: [{name: Popular, recommender: {plugin: fakerec}}]\n")
	s.expect(exitDone, "validate", plan)
}

func TestAPluginThatDoesNotAnswerTakesNoGuessAway(t *testing.T) {
	s := newShell(t)
	broken := filepath.Join(t.TempDir(), "datasets", "broken")
	if err := os.MkdirAll(filepath.Dir(broken), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, []byte("#!/bin/sh\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.plugins += "," + filepath.Dir(filepath.Dir(broken))
	stdout, stderr := s.expect(exitDone, "data", "sniff", s.file("tastes.txt", "fakedata 30\n"))
	if !strings.Contains(stdout, "plugin: fakedata") || !strings.Contains(stderr, "not every plugin answered") || !strings.Contains(stderr, "broken") {
		t.Errorf("got\n%s\n%s", stdout, stderr)
	}
	if _, _, stderr := s.do("data", "sniff", s.file("prose.txt", "It was a dark night.\n")); !strings.Contains(stderr, "broken") {
		t.Errorf("got\n%s", stderr)
	}
}

func TestSniffSaysWhatItCannotRecognise(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"data", "sniff", s.file("prose.txt", "It was a dark night.\n")}, "no plugin recognises"},
		{[]string{"data", "sniff", s.file("nothing.csv", "")}, "nothing.csv, which is empty: of"},
		{[]string{"data", "sniff", "/dev/null"}, "/dev/null, which is neither a regular file nor a folder: of"},
		{[]string{"data", "sniff", ""}, "this one is empty"},
		{[]string{"data", "sniff", s.dir + "/none"}, "no such file"},
		{[]string{"data", "snif"}, `did you mean "sniff"`},
		{[]string{"data", "sniff"}, "sniff needs one PATH"},
	} {
		if _, stderr := s.expect(exitBadInput, c.args...); !strings.Contains(stderr, c.want) {
			t.Errorf("%v: want %q in\n%s", c.args, c.want, stderr)
		}
	}
}
