package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
)

// fileOfPage finds a paragraph that begins with a file's name, and the Go code after it.
var fileOfPage = regexp.MustCompile("(?ms)^`([a-z_]+\\.go)`[^`].*?^```go\n(.*?)^```")

// The page's plugin is laid over the repository without being written there: built,
// and its tests run as those of a plugin's folder are.
func TestTheBaselineOfThePageIsBuiltAndPassesItsTests(t *testing.T) {
	root, dir := sharedtest.Repository(t), t.TempDir()
	page, err := os.ReadFile(filepath.Join(root, "docs/adding-a-baseline.md"))
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]map[string]string{"Replace": {}}
	for _, m := range fileOfPage.FindAllSubmatch(page, -1) {
		file := filepath.Join(dir, string(m[1]))
		if err := os.WriteFile(file, m[2], 0o600); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][filepath.Join(root, "plugins/baselines/assoc", string(m[1]))] = file
	}
	if len(overlay["Replace"]) != 2 {
		t.Fatalf("the page has the files %v, expected model and tests", overlay)
	}
	raw, err := json.Marshal(overlay)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	run(t, root, "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, "assoc.test"), "./plugins/baselines/assoc")
	if unformatted := run(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("not formatted: %s", unformatted)
	}
	line := numbers(t, dir)
	if err := os.MkdirAll(filepath.Join(dir, "testdata"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "testdata/semantics.json"), []byte("{"+line+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "./assoc.test")
}

// numbers is the line that the first run prints for testdata/semantics.json.
func numbers(t *testing.T, dir string) string {
	t.Helper()
	first := exec.Command("./assoc.test", "-test.run", "Semantics")
	first.Dir = dir
	out, err := first.CombinedOutput()
	line := regexp.MustCompile(`(?m)^\s*("1": \[\[.*\]\])$`).FindSubmatch(out)
	if err == nil || line == nil {
		t.Fatalf("the first run does not say what testdata/semantics.json has to hold: %v\n%s", err, out)
	}
	return string(line[1])
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
