package host_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/pluginrpc"

	"github.com/rs/zerolog"
)

// build compiles a plugin of testdata into a plugin folder.
func build(t *testing.T, name string) (dir, binary string) {
	t.Helper()
	dir = t.TempDir()
	binary = filepath.Join(dir, host.Folder(contract.KindRecommender), name)
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/"+name).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir, binary
}

func TestABuiltPluginThatPrintsToStdoutStillServes(t *testing.T) {
	dir, binary := build(t, "noisy")
	var log bytes.Buffer
	h, err := host.Open(host.Options{Dirs: []string{dir}, Log: zerolog.New(&log), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Recommender(t.Context(), "noisy", json.RawMessage(`{"chatty":true}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Plugin.Fit(t.Context(), spec(), train(4), nil); err != nil {
		t.Error(err)
	}
	if err := h.Close(t.Context()); err != nil { // stops the plugin too
		t.Error(err)
	}
	if alive(r.PID()) {
		t.Error("the plugin outlives its host")
	}
	if words := strings.Join(r.StderrTail(), "\n"); !strings.Contains(words, "1|2|noise of main") || !strings.Contains(words, "warn: a warning before Serve answer=42") {
		t.Errorf("stderr tail:\n%s", words)
	}
	for _, want := range []string{"noise of an init function", "more noise", "a library prints at step 4", `"answer":42`, `"plugin":"noisy"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	startedByHand(t, binary)
}

func startedByHand(t *testing.T, binary string) {
	t.Helper()
	cmd := exec.Command(binary)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // its status is looked at below
	if !strings.Contains(errs.String(), "noisy is a recommender plugin of cllm4rec: the runner starts it") || cmd.ProcessState.ExitCode() != pluginrpc.ExitRefused {
		t.Errorf("by hand the plugin exits with %d and says %q", cmd.ProcessState.ExitCode(), errs.String())
	}
}
