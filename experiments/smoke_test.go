package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/sharedtest"
	"cllm4rec/core/yamltree"
)

// TestSmokeSizesRun runs every file that has a size smoke at that size: to its end, with
// every method in the table. It may need a language model or an installed plugin, and no data.
func TestSmokeSizesRun(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, ran := newProgram(t), 0
	for _, m := range folders(t) {
		p.dir += "," + m.Dir()
	}
	for _, file := range files {
		methods := smoked(t, file)
		if methods == nil {
			continue
		}
		ran++
		t.Run(file, func(t *testing.T) {
			p := p
			p.t = t
			out, none := filepath.Join(t.TempDir(), "out"), t.TempDir()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			needsInstalled(t, string(text))
			models := none
			if strings.Contains(string(text), "${MODELS}") {
				models = sharedtest.Path(t, "models")
			}
			p.must("run", file, "--size", "smoke", "--out", out, "--data", none, "--models", models, "--threads", "1")
			table := p.must("table", out, "--format", "csv")
			for _, name := range methods {
				if !strings.Contains(table, name) {
					t.Errorf("%q is not in\n%s", name, table)
				}
			}
		})
	}
	if ran == 0 {
		t.Error("no file has a size smoke")
	}
}

// smoked are the methods of a file that has a size smoke; nil where it has none.
func smoked(t *testing.T, file string) (methods []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, problems := yamltree.Parse(file, text, func(string) (string, error) { return "none", nil })
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if root.Get("sizes").Get("smoke") == nil {
		return nil
	}
	for _, m := range root.Get("methods").Elements() {
		methods = append(methods, m.Get("name").Text())
	}
	return methods
}
