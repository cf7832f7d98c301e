package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// module is the path before the slash of every package of the project.
const module = "cllm4rec/"

// node is one package as `go list` tells it. Its tests' imports are apart: they ship with nothing.
type node struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// graph holds the project's packages and all that they import, by import path.
type graph map[string]*node

// load asks the go command for the packages of the module in a folder.
func load(folder string) (graph, error) {
	command := exec.Command("go", "list", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	command.Dir = folder
	out, err := command.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w\n%s", err, exit.Stderr)
		}
		return nil, err
	}
	g := graph{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var n node
		if err := decoder.Decode(&n); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		g[n.ImportPath] = &n
	}
}

// own lists the project's packages, sorted, without the module's name: "core/eval".
func (g graph) own() []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if name, ok := strings.CutPrefix(path, module); ok {
			out = append(out, name)
		}
	}
	return out
}

// imports lists what a package of the project imports outside its tests.
func (g graph) imports(name string) []string { return g[module+name].Imports }

// tests lists what its tests import.
func (g graph) tests(name string) []string {
	n := g[module+name]
	return append(slices.Clone(n.TestImports), n.XTestImports...)
}

// way is the shortest chain of imports from a package of the project to one that matches, or nil.
func (g graph) way(name string, match func(path string) bool) []string {
	start := module + name
	before := map[string]string{start: ""}
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		path := queue[0]
		if match(path) {
			return trace(before, path)
		}
		if g[path] == nil {
			continue
		}
		for _, next := range g[path].Imports {
			if _, seen := before[next]; !seen {
				before[next] = path
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func trace(before map[string]string, path string) []string {
	var out []string
	for ; path != ""; path = before[path] {
		out = append(out, strings.TrimPrefix(path, module))
	}
	slices.Reverse(out)
	return out
}
