package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// house is a small project in which every import is allowed.
func house() graph {
	g := graph{}
	add := func(name string, imports ...string) {
		n := &node{ImportPath: module + name}
		for _, path := range imports {
			if strings.HasPrefix(path, "core/") || strings.HasPrefix(path, "plugins/") || strings.HasPrefix(path, "tools/") {
				path = module + path
			}
			n.Imports = append(n.Imports, path)
		}
		g[n.ImportPath] = n
	}
	add("core/contract", "errors", "encoding/json")
	add("core/contract/contracttest", "core/contract", "core/host", "testing")
	add("core/data", "core/contract", "golang.org/x/sync/errgroup")
	add("core/eval", "core/contract", "core/data")
	add("core/pluginrpc", "core/contract", "core/pluginrpc/v1")
	add("core/pluginrpc/v1", "google.golang.org/grpc")
	add("core/printable", "strings")
	add("core/host", "core/contract", "core/pluginrpc", "core/printable")
	add("core/sdk", "core/contract", "core/pluginrpc")
	add("core/run", "core/host", "core/eval")
	add("cmd/cllm4rec", "core/run", "tools/libtorch/found")
	add("tools/libtorch/found", "encoding/json")
	add("plugins/internal/numerics/torch", "core/contract", gotch+"/libtch")
	add("plugins/internal/numerics/nn", "plugins/internal/numerics/torch")
	add("plugins/internal/numerics/linalg", "gonum.org/v1/netlib/blas/netlib")
	add("plugins/backbones/gpt2", "core/sdk", "plugins/internal/numerics/nn")
	add("plugins/baselines/ease", "core/sdk", "core/contract", "plugins/internal/numerics/linalg")
	add("plugins/baselines/lightgcn", "core/sdk", "plugins/internal/numerics/nn")
	add("plugins/datasets/csv", "core/sdk")
	return g
}

func TestAllowedImportsPass(t *testing.T) {
	if got := check(house()); len(got) > 0 {
		t.Errorf("offences in an orderly house:\n%s", strings.Join(got, "\n"))
	}
}

func TestEachPlantedOffenderIsNamedWithItsRule(t *testing.T) {
	for _, c := range []struct{ from, to, rule string }{
		{"core/contract", "golang.org/x/sync/errgroup", "only the standard library"},
		{"core/contract", "cllm4rec/core/data", "only the standard library"},
		{"core/contract", "cllm4rec/core/printable", "only the standard library"},
		{"core/printable", "cllm4rec/core/contract", "core/printable may import of core only: "},
		{"core/data", "cllm4rec/core/run", "core/data may import of core only: contract, schema"},
		{"core/eval", "cllm4rec/core/host", "core/eval may import"},
		{"core/host", "cllm4rec/core/eval", "core/host may import"},
		{"core/run", "cllm4rec/plugins/internal/numerics/linalg", "core imports only core"},
		{"core/run", "cllm4rec/core/contract/contracttest", "imported by tests alone"},
		{"core/data", gotch + "/ts", "only plugins/internal/numerics/torch knows gotch"},
		{"cmd/cllm4rec", "cllm4rec/plugins/datasets/csv", "cmd imports only core"},
		{"tools/libtorch/found", "cllm4rec/core/data", "tools import nothing"},
		{"plugins/internal/numerics/nn", gotch + "/nn", "only plugins/internal/numerics/torch knows gotch"},
		{"plugins/backbones/gpt2", gotch + "/libtch", "only plugins/internal/numerics/torch knows gotch"},
		{"plugins/baselines/ease", "cllm4rec/core/eval", "a plugin imports only"},
		{"plugins/baselines/ease", "cllm4rec/plugins/datasets/csv", "a plugin imports only"},
		{"plugins/datasets/csv", "cllm4rec/plugins/internal/numerics/torch", "it links libtorch"},
		{"plugins/internal/numerics/linalg", "cllm4rec/plugins/internal/numerics/nn", "plugins/baselines/ease -> plugins/internal/numerics/linalg -> plugins/internal/numerics/nn -> plugins/internal/numerics/torch -> " + gotch},
	} {
		g := house()
		n := g[module+c.from]
		n.Imports = append(n.Imports, c.to)
		got := strings.Join(check(g), "\n")
		if !strings.Contains(got, c.rule) || !strings.Contains(got, c.from) {
			t.Errorf("%s imports %s: got %q, want %q", c.from, c.to, got, c.rule)
		}
	}
}

func TestTestsOfCoreUseNoPlugin(t *testing.T) {
	g := house()
	g[module+"core/eval"].XTestImports = []string{"cllm4rec/plugins/baselines/ease"}
	g[module+"plugins/backbones/gpt2"].TestImports = []string{gotch + "/ts"}
	got := check(g)
	if len(got) != 2 || !strings.HasPrefix(got[0], "core/eval (tests)") || !strings.HasPrefix(got[1], "plugins/backbones/gpt2 (tests)") {
		t.Errorf("got %q", got)
	}
}

func TestARoomThatNobodyDescribedIsAskedFor(t *testing.T) {
	g := house()
	g["cllm4rec/core/attic"] = &node{ImportPath: "cllm4rec/core/attic", Imports: []string{"cllm4rec/core/data"}}
	got := check(g)
	if len(got) != 1 || !strings.Contains(got[0], "core/attic is not among the rooms") {
		t.Errorf("got %q", got)
	}
}

func TestAnOffenderInRealFilesIsFound(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                  "module cllm4rec\n\ngo 1.26\n",
		"core/contract/c.go":      "package contract\n\nimport _ \"cllm4rec/plugins/datasets/x\"\n",
		"plugins/datasets/x/x.go": "package x\n",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "off")
	g, err := load(folder)
	if err != nil {
		t.Fatal(err)
	}
	got := check(g)
	if len(got) != 1 || !strings.HasPrefix(got[0], "core/contract imports plugins/datasets/x: ") {
		t.Errorf("got %q", got)
	}
}
