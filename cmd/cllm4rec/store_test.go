package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sharedPlan = `
name: shared
datasets: [{name: Tastes, plugin: fakedata, split: {method: ratio, validation: 0.2, test: 0.2}}]
evaluate: {metrics: [recall@5]}
methods:
  - {name: One, cllm4rec: {backbone: {plugin: fakelm}, warmup: {epochs: 1}, pretrain: {epochs: 1}, finetune: {epochs: 1}}}
  - {name: Two, base: One, cllm4rec: {targets: all}}
`

func TestTheStoreIsListedVerifiedAndPruned(t *testing.T) {
	s := newShell(t)
	plan, out, store := s.file("shared.yaml", sharedPlan), filepath.Join(s.dir, "out"), filepath.Join(s.dir, "store")
	stdout, _ := s.expect(exitDone, "plan", plan, "--out", out, "--store", store)
	for _, want := range []string{"warmup by fakelm on Tastes, seed 1", "2 trials", "to make", "spare 3"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("plan does not say %q:\n%s", want, stdout)
		}
	}
	s.expect(exitDone, "run", plan, "--out", out, "--store", store)
	stdout, _ = s.expect(exitDone, "store", "ls", "--store", store)
	for _, want := range []string{"split by fakedata", "warmup by fakelm on Tastes, seed 1", "pretrain by fakelm on Tastes, seed 1", "3 entries"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("ls does not say %q:\n%s", want, stdout)
		}
	}
	if stdout, _ = s.expect(exitDone, "store", "verify", "--store", store); !strings.Contains(stdout, "3 entries are as they were written") {
		t.Errorf("verify says\n%s", stdout)
	}
	towers, err := filepath.Glob(filepath.Join(store, "stages", "*", "*.tower"))
	if err != nil || len(towers) == 0 || os.WriteFile(towers[0], []byte("damaged"), 0o600) != nil {
		t.Fatalf("towers %v, error %v", towers, err)
	}
	if _, stderr := s.expect(exitBadInput, "store", "verify", "--store", store); !strings.Contains(stderr, filepath.Base(towers[0])) {
		t.Errorf("verify says\n%s", stderr)
	}
	if stdout, _ = s.expect(exitDone, "store", "prune", "--damaged", "--dry-run", "--store", store); !strings.Contains(stdout, "1 of 3 entries would be removed") {
		t.Errorf("prune says\n%s", stdout)
	}
	for _, c := range []struct{ args, want string }{
		{"--damaged", "1 of 3 entries removed"}, {"--unused 1h", "0 of 2"}, {"--larger 1000", "0 of 2"}, {"--older 1ns", "2 of 2 entries removed"},
	} {
		if stdout, _ = s.expect(exitDone, append([]string{"store", "prune", "--store", store}, strings.Fields(c.args)...)...); !strings.Contains(stdout, c.want) {
			t.Errorf("prune %s says\n%s", c.args, stdout)
		}
	}
}

func TestPruneNeedsAConditionAndAStore(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct{ args, want string }{
		{"store prune", "prune needs a condition"}, {"store prune --older -1h", "expected 0 or more"}, {"store ls --store off", "the store is off"},
	} {
		if _, stderr := s.expect(exitBadInput, strings.Fields(c.args)...); !strings.Contains(stderr, c.want) {
			t.Errorf("%s says\n%s", c.args, stderr)
		}
	}
}
