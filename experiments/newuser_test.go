package experiments

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
)

// The way of a new user, as docs/README.md names it: ratings of one's own, two baselines, one
// language model, a report.
func TestTheWayOfANewUser(t *testing.T) {
	p, here := newProgram(t), t.TempDir()
	c := exec.Command("bash", filepath.Join(sharedtest.Repository(t), "scripts", "new-user.sh"), here)
	c.Env = append(os.Environ(), "CLLM4REC="+p.path, "CLLM4REC_PLUGINS="+p.dir, "CLLM4REC_STORE=off")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"table: a table with columns that are called like a user and an item", "3 trials, 3 to run", "3 trials run, 0 found finished, 0 failed", "recall@20 │ train s", "report.html: 0."} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	page, err := os.ReadFile(filepath.Join(here, "report.html"))
	if err != nil || !strings.Contains(string(page), "CLLM4Rec") || !strings.Contains(string(page), "garden tool") {
		t.Errorf("the report: %v, %d bytes", err, len(page))
	}
}
