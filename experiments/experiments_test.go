// Package experiments holds the worked examples; its test validates every one.
package experiments

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
	"cllm4rec/core/run"
	"cllm4rec/core/sharedtest"
)

// plugins builds every plugin of the repository into a folder.
func plugins(t *testing.T) *run.Host {
	t.Helper()
	dir := t.TempDir()
	for _, kind := range []string{"backbones", "datasets", "baselines"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, kind)+"/", "./plugins/"+kind+"/...")
		build.Dir = sharedtest.Repository(t)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", build.Args, err, out)
		}
	}
	h, err := host.Open(host.Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	known, err := run.NewHost(h)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestEveryExampleIsValid(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	known := plugins(t)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o := experiment.Options{Plugins: known}
			if strings.Contains(string(text), "${DATA}") {
				o.Data = sharedtest.Path(t, "data")
			}
			if strings.Contains(string(text), "${MODELS}") {
				o.Models = sharedtest.Path(t, "models")
			}
			if _, _, err := experiment.Validate(t.Context(), file, o); err != nil {
				t.Error(err)
			}
		})
	}
}
