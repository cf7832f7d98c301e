package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// offered is what a shell is offered in place of the last argument.
func (s *shell) offered(args ...string) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	if code := execute(s.t.Context(), append([]string{"__complete"}, args...), &out, &errs); code != exitDone {
		s.t.Fatalf("%v: exit code %d\n%s", args, code, errs.String())
	}
	return out.String()
}

func TestAShellIsOfferedTheValuesOfFlagsAndArguments(t *testing.T) {
	s := newShell(t)
	plan, out := s.file("fakes.yaml", fakePlan), filepath.Join(s.dir, "out")
	s.expect(exitDone, "run", plan, "--out", out)
	for args, want := range map[string][]string{
		"table|" + out + "|--sort|":            {"recall@5", "ndcg@20", "train", "method"},
		"table|" + out + "|--against|":         {"Popular", "Heavy"},
		"table|" + out + "|--format|":          {"terminal", "latex"},
		"measure|" + out + "|--part|":          {"test", "validation"},
		"measure|" + out + "|--metrics|":       {"recall@5", "coverage@20"},
		"compare|" + out + "|Popular|":         {"Heavy"},
		"compare|" + out + "|A|--dataset|":     {"Tastes"},
		"report|" + out + "|--strata|":         {"auto", "all"},
		"export|" + out + "|--format|":         {"mlflow", "croissant"},
		"table|" + out + "|--plan|":            {"fakes-"},
		"plugins|--plugins|" + s.plugins + "|": {"fakerec", "fakedata"},
		"data|get|":                            {"ml-100k"},
		"run|":                                 {":0"}, // files
	} {
		stdout := s.offered(strings.Split(args, "|")...)
		for _, w := range want {
			if !strings.Contains("\n"+stdout, "\n"+w) {
				t.Errorf("%s: no %q in\n%s", args, w, stdout)
			}
		}
	}
	if stdout := s.offered("compare", out, "Popular", ""); strings.Contains(stdout, "Popular") {
		t.Errorf("a method that is given is offered again:\n%s", stdout)
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if stdout, _ := s.expect(exitDone, "completion", shell); !strings.Contains(stdout, "cllm4rec") {
			t.Errorf("%s: got %s", shell, stdout)
		}
	}
}
