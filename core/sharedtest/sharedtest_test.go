package sharedtest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// watched is a test that remembers how it ended.
type watched struct {
	testing.TB
	skipped, failed string
}

func (w *watched) Helper() {}
func (w *watched) Skipf(format string, args ...any) {
	w.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
func (w *watched) Fatalf(format string, args ...any) {
	w.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func ask(t *testing.T, name string) (w *watched, path string) {
	w = &watched{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		path = Path(w, name)
	}()
	<-done
	return w, path
}

// inClone is a repository with a folder shared beside it.
func inClone(t *testing.T) string {
	t.Helper()
	top := t.TempDir()
	for _, dir := range []string{"clone/core/eval", "shared/data/here"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(top, "clone", "go.mod"), []byte("module x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(top, "clone", "core", "eval"))
	return top
}

func TestAbsentDataSkipsATestOrFailsItWhereDataAreRequired(t *testing.T) {
	inClone(t)
	for required, want := range map[string]string{"": "skipped", "0": "skipped", "1": "failed"} {
		t.Setenv(Required, required)
		w, _ := ask(t, "data/absent")
		got := map[bool]string{true: "failed", false: "skipped"}[w.failed != ""]
		if got != want || !strings.Contains(w.failed+w.skipped, "../shared/data/absent") {
			t.Errorf("%s=%q: %s: %q%q", Required, required, got, w.failed, w.skipped)
		}
	}
}

func TestDataBesideTheRepositoryAreFoundFromAnyOfItsFolders(t *testing.T) {
	top := inClone(t)
	t.Setenv(Required, "1")
	w, path := ask(t, "data/here")
	want, err := filepath.EvalSymlinks(filepath.Join(top, "shared", "data", "here"))
	got, err2 := filepath.EvalSymlinks(path)
	if w.failed+w.skipped != "" || err != nil || err2 != nil || got != want {
		t.Errorf("got %q, want %q (%q%q, %v, %v)", got, want, w.failed, w.skipped, err, err2)
	}
}

// TestNoTestLooksForSharedDataByItself: a test that did would be skipped where data
// are required.
func TestNoTestLooksForSharedDataByItself(t *testing.T) {
	top := Repository(t)
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || filepath.Base(filepath.Dir(path)) == "sharedtest" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), `"..", "shared"`) {
			t.Errorf("%s looks for ../shared by itself; expected sharedtest.Path", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
