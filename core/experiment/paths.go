package experiment

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/schema"
	"cllm4rec/core/yamltree"
)

// shape is the part of a JSON schema that says where paths stand, a string
// property with "format": "path", and what is a resource.
type shape struct {
	Ref        string           `json:"$ref"`
	Format     string           `json:"format"`
	Properties map[string]shape `json:"properties"`
	Items      json.RawMessage  `json:"items"` // a schema or true
	Defs       map[string]shape `json:"$defs"`
	Resource   any              `json:"x-resource"`
}

// pathsOf calls visit with the steps to each string that the schema calls a
// path and that value holds.
func pathsOf(schema json.RawMessage, value any, visit func(steps []string, path string)) {
	var root shape
	if json.Unmarshal(schema, &root) != nil {
		return // not an object schema: no paths
	}
	root.walk(root.Defs, value, nil, visit)
}

func (s shape) walk(defs map[string]shape, value any, steps []string, visit func([]string, string)) {
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok && len(steps) < yamltree.MaxDepth {
		defs[name].walk(defs, value, steps, visit)
		return
	}
	switch v := value.(type) {
	case string:
		if s.Format == "path" && v != "" {
			visit(steps, v)
		}
	case map[string]any:
		for _, name := range keys(v) {
			s.Properties[name].walk(defs, v[name], yamltree.Extend(steps, name), visit)
		}
	case []any:
		var items shape
		if json.Unmarshal(s.Items, &items) != nil {
			return
		}
		for i := range v {
			items.walk(defs, v[i], yamltree.Extend(steps, strconv.Itoa(i)), visit)
		}
	}
}

// ProjectRoot is the nearest folder at or above dir that holds go.mod, else the
// working directory.
func ProjectRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return os.Getwd()
		}
	}
}

// Place is a folder that experiment files name by a variable, for it lies
// somewhere else on every machine.
type Place string

// The places.
const (
	Data   Place = "DATA"   // data sets
	Models Place = "MODELS" // language models
)

// Places lists every place.
func Places() []Place { return []Place{Data, Models} }

// flag is the command line's, such as --data.
func (p Place) flag() string { return "--" + strings.ToLower(string(p)) }

// variable is that of the environment.
func (p Place) variable() string { return "CLLM4REC_" + string(p) }

// Dir is what stands for ${DATA} or ${MODELS} in a file in dir: the flag, else the
// variable CLLM4REC_DATA or CLLM4REC_MODELS, else data/ or models/ of the project.
// It is absolute.
func (p Place) Dir(flag, dir string) (string, error) {
	if flag = cmp.Or(flag, os.Getenv(p.variable())); flag != "" {
		return filepath.Abs(flag)
	}
	root, err := ProjectRoot(dir)
	return filepath.Join(root, strings.ToLower(string(p))), err
}

// expander fills places and variables of the environment.
func expander(places map[Place]string) yamltree.Expand {
	return func(name string) (string, error) {
		if dir, ok := places[Place(name)]; ok {
			return dir, nil
		}
		if v, ok := os.LookupEnv(name); ok && name != "" {
			return v, nil
		}
		near := ""
		if n := schema.Nearest(name, []string{string(Data), string(Models)}); n != "" {
			near = fmt.Sprintf("; did you mean %q?", n)
		}
		return "", fmt.Errorf("${%s} is not set; ${DATA} is the data folder, ${MODELS} that of language models, any other name a variable of the environment%s", name, near)
	}
}

// checkPath says why nothing can be read at path, which was written with
// variables perhaps.
func checkPath(path, written string) error {
	_, err := os.Stat(path)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	for _, p := range Places() {
		if strings.Contains(written, "${"+string(p)+"}") {
			return fmt.Errorf("%s does not exist; %s DIR or the variable %s says where ${%s} is", path, p.flag(), p.variable(), p)
		}
	}
	return fmt.Errorf("%s does not exist%s", path, siblings(path))
}

// siblings names the nearest file beside a missing one.
func siblings(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return hint(filepath.Base(path), slices.Sorted(slices.Values(names)))
}
