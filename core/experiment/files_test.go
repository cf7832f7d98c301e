package experiment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
)

func TestTheDataFolderIsThatOfTheFilesProjectAndNeverTheCurrentOne(t *testing.T) {
	t.Setenv("CLLM4REC_DATA", "")
	top := t.TempDir()
	t.Chdir(t.TempDir())
	for file, want := range map[string]string{
		"go/deep/er/e.yaml":       "go/data",
		"git/e.yaml":              "git/data",
		"lone/experiments/e.yaml": "lone/data",
		"alone/e.yaml":            "alone/data",
		"go/git/experiments/e.y":  "go/git/data",
	} {
		write(t, filepath.Join(top, "go", "go.mod"), "module x")
		write(t, filepath.Join(top, "git", ".git", "HEAD"), "ref: x")
		write(t, filepath.Join(top, "go", "git", ".git"), "gitdir: elsewhere") // of a worktree
		got, err := Data.Dir("", filepath.Dir(filepath.Join(top, file)))
		if err != nil || got != filepath.Join(top, want) {
			t.Errorf("%s: %s, %v, want %s", file, got, err, want)
		}
	}
}

func TestAMisspeltFileBesideManyOthersNamesTenOfThem(t *testing.T) {
	file, dataDir := project(t, strings.Replace(example, "${DATA}/reviews.json.gz", "${DATA}/../many/zzzzzzzzzzzz.json", 1))
	for i := range 5000 {
		write(t, filepath.Join(filepath.Dir(file), "many", fmt.Sprintf("part-%04d.parquet", i)), "")
	}
	text := strings.Replace(example, "${DATA}/reviews.json.gz", "many/zzzzzzzzzzzz.json", 1)
	write(t, file, text)
	_, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
	if err == nil || len(err.Error()) > 600 || !strings.Contains(err.Error(), "of 5000 that are known the nearest are part-") {
		t.Errorf("the message has %d bytes: %.700v", len(fmt.Sprint(err)), err)
	}
}

func TestKeysThatBeginWithXMayHoldAnchors(t *testing.T) {
	p := mustLoad(t, "x-common: &e {plugin: ease, params: {lambda: 9}}\nx-more: [1]\n"+strings.Replace(example, "{plugin: ease, params: {lambda: 100}}", "*e", 1))
	if got := string(p.Methods[ease].Plugin.Params); got != `{"lambda":9}` {
		t.Errorf("got %s", got)
	}
	if _, err := load(t, "y-common: 1\n"+example); err == nil || !strings.Contains(err.Error(), "y-common: unknown key") {
		t.Errorf("another unknown key: %v", err)
	}
}

func TestSpecialFilesAreRefusedInExperiments(t *testing.T) {
	file, dataDir := project(t, example)
	fifo := filepath.Join(dataDir, "reviews.json.gz")
	if err := os.Remove(fifo); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("SKIPPED: no FIFO can be made here: %v", err)
	}
	ended := make(chan error, 2)
	go func() {
		_, err := Load(t.Context(), file, Options{Data: dataDir, Plugins: plugins()})
		ended <- err
		_, err = Load(t.Context(), fifo, Options{Plugins: plugins()})
		ended <- err
	}()
	for _, what := range []string{"a parameter", "the file itself"} {
		select {
		case err := <-ended:
			if !contract.IsBadInput(err) || !strings.Contains(err.Error(), "is a pipe (FIFO)") {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: a FIFO without a writer is waited for", what)
		}
	}
}

func TestLimitsAreTimesAndInNoKey(t *testing.T) {
	p := mustLoad(t, strings.Replace(example, "table: ", "limits: {trial: 2h, silence: 30m}\ntable: ", 1))
	if p.Limits != (LimitsPlan{2 * time.Hour, 30 * time.Minute}) {
		t.Errorf("got %+v", p.Limits)
	}
	if p.Trials[0].Key != mustLoad(t, example).Trials[0].Key {
		t.Error("limits changed a key")
	}
}
