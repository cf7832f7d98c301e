package main

import (
	"fmt"
	"slices"
	"strings"
)

// rooms says which other rooms of core each room may import, from the leaf upwards.
var rooms = map[string][]string{
	"contract":   {},
	"disk":       {},
	"blas":       {"disk"},
	"claim":      {},
	"printable":  {},
	"schema":     {"contract"},
	"yamltree":   {"contract"},
	"data":       {"contract", "schema"},
	"prepared":   {"contract", "data"},
	"export":     {"contract", "data"},
	"chart":      {"data"},
	"prompt":     {"contract", "schema", "data"},
	"stage":      {"contract", "disk", "schema", "claim"},
	"train":      {"contract"},
	"search":     {"contract", "schema"},
	"progress":   {"contract"},
	"stats":      {"contract"},
	"eval":       {"contract", "schema", "data", "stats"},
	"features":   {"contract", "data"},
	"record":     {"contract", "disk", "claim", "blas", "schema", "data", "stats", "eval", "train"},
	"slurm":      {"contract", "disk", "schema", "yamltree"},
	"fetch":      {"contract", "disk"},
	"hub":        {"contract", "schema", "fetch"},
	"datasets":   {"contract", "schema", "yamltree", "fetch"},
	"pluginrpc":  {"contract"},
	"sdk":        {"contract", "schema", "pluginrpc"},
	"manifest":   {"contract", "schema", "yamltree"},
	"pyenv":      {"contract", "disk", "schema", "manifest"},
	"host":       {"contract", "disk", "blas", "schema", "pluginrpc", "manifest", "pyenv"},
	"cllm4rec":   {"contract", "disk", "schema", "data", "prompt", "train", "stage"},
	"experiment": {"contract", "disk", "schema", "yamltree", "data", "features", "eval", "prompt", "train", "cllm4rec", "search"},
	"estimate":   {"contract", "record"},
	"textgrid":   {},
	"report":     {"contract", "printable", "schema", "data", "stats", "eval", "record", "experiment", "textgrid"},
	"bundle":     {"contract", "schema", "stats", "eval", "record", "experiment", "report"},
	"results":    {"contract", "data", "train", "record", "experiment", "report"},
	"figure":     {},
	"page":       {"figure", "data", "search", "train", "record", "experiment", "report"},

	"conformance": {"contract", "schema", "pluginrpc", "host"},

	"run": {
		"contract", "disk", "claim", "schema", "data", "prepared", "features", "stats", "eval", "prompt", "train", "stage", "record", "cllm4rec", "search", "experiment", "estimate", "progress", "report", "host", "pluginrpc",
	},
}

// gotch is the binding that only plugins/internal/numerics/torch knows.
const gotch = "github.com/sugarme/gotch"

// engines are the packages by which a plugin says that it wants libtorch.
var engines = []string{"plugins/internal/numerics/torch", "plugins/internal/numerics/nn", "plugins/internal/lm", "plugins/internal/neural"}

// check applies every rule to every package and returns one line for each offence.
func check(g graph) []string {
	var out []string
	for _, name := range g.own() {
		for _, path := range g.imports(name) {
			if why := direct(name, path); why != "" {
				out = append(out, offence(name, path, why))
			}
		}
		for _, path := range g.tests(name) {
			if why := inTests(name, path); why != "" {
				out = append(out, offence(name+" (tests)", path, why))
			}
		}
		out = append(out, linking(g, name)...)
	}
	return out
}

func offence(name, path, why string) string {
	return fmt.Sprintf("%s imports %s: %s", name, strings.TrimPrefix(path, module), why)
}

// direct says which rule an import breaks, or "".
func direct(name, path string) string {
	to, own := strings.CutPrefix(path, module)
	switch {
	case name == "core/contract" && !standard(path):
		return "core/contract imports only the standard library"
	case within(path, gotch) && name != "plugins/internal/numerics/torch":
		return "only plugins/internal/numerics/torch knows gotch"
	case !own:
		return ""
	case forTests(to) && !forTests(name):
		return "packages for tests are imported by tests alone"
	}
	return between(name, to)
}

// between checks an import inside the project.
func between(name, to string) string {
	switch {
	case within(name, "core"):
		return fromCore(name, to)
	case within(name, "plugins"):
		return fromPlugin(name, to)
	case within(name, "cmd") && !within(to, "core") && !within(to, "cmd") && to != "tools/libtorch/found":
		return "cmd imports only core and tools/libtorch/found"
	case name == "tools/docs" && to == "core/experiment":
	case within(name, "tools") && !within(to, "tools") && !within(to, "core/blas"):
		return "tools import nothing of the program but core/blas, and tools/docs core/experiment, whose files it describes"
	}
	return ""
}

func fromCore(name, to string) string {
	if !within(to, "core") {
		return "core imports only core"
	}
	from, target := room(name), room(to)
	if from == target || forTests(name) || target == "printable" && from != "contract" { // a leaf, for what is shown
		return ""
	}
	allowed, known := rooms[from]
	if !known {
		return "core/" + from + " is not among the rooms of tools/imports: say there what it may import"
	}
	if !slices.Contains(allowed, target) {
		return fmt.Sprintf("core/%s may import of core only: %s", from, strings.Join(allowed, ", "))
	}
	return ""
}

func fromPlugin(name, to string) string {
	inside := within(to, name) || within(to, "plugins/internal")
	if inside || to == "core/contract" || to == "core/sdk" || forTests(name) {
		return ""
	}
	return "a plugin imports only core/contract, core/sdk and plugins/internal"
}

// inTests holds for tests as well: nothing else than the binding's one user loads it, and core is tested without plugins.
func inTests(name, path string) string {
	if within(path, gotch) && name != "plugins/internal/numerics/torch" {
		return "only plugins/internal/numerics/torch knows gotch"
	}
	if to := strings.TrimPrefix(path, module); within(name, "core") && within(to, "plugins") {
		return "core imports only core"
	}
	return ""
}

// linking finds programs and packages that link libtorch without being meant to: starting one
// that does costs most of a second and 160 MB.
func linking(g graph, name string) []string {
	if within(name, "plugins/internal") || within(name, "plugins/backbones") {
		return nil
	}
	if within(name, "plugins/baselines") && slices.ContainsFunc(g.imports(name), isEngine) {
		return nil
	}
	chain := g.way(name, func(path string) bool { return within(path, gotch) })
	if chain == nil {
		return nil
	}
	why := "it links libtorch, which only backbones do, and baselines that import plugins/internal/numerics/torch, nn, lm or neural themselves"
	return []string{fmt.Sprintf("%s: %s", strings.Join(chain, " -> "), why)}
}

func isEngine(path string) bool { return slices.Contains(engines, strings.TrimPrefix(path, module)) }

// within reports whether a path is a folder or lies in it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// room is the folder below core that a package belongs to.
func room(name string) string {
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "core/"), "/")
	return name
}

// forTests reports whether a package exists for tests alone, such as core/contract/contracttest.
func forTests(name string) bool { return strings.HasSuffix(name, "test") }

// standard reports whether a path belongs to the standard library: its first part has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first+"/" != module
}
