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
	if _, ok := value.(map[string]any); !ok || json.Unmarshal(schema, &root) != nil {
		return // parameters are an object; anything else has no paths
	}
	root.walk(root.Defs, value, nil, visit)
}

// followed is what a shape refers to; of a circle, any part.
func (s shape) followed(defs map[string]shape) shape {
	for range len(defs) {
		name, ok := strings.CutPrefix(s.Ref, "#/$defs/")
		if !ok {
			break
		}
		s = defs[name]
	}
	return s
}

func (s shape) walk(defs map[string]shape, value any, steps []string, visit func([]string, string)) {
	s = s.followed(defs)
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

// ProjectRoot is the folder of the project that an experiment file in dir belongs
// to: the nearest one at or above dir that holds go.mod or .git; without one the
// parent of a folder called experiments, else dir itself.
func ProjectRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, mark := range []string{"go.mod", ".git"} {
			if _, err := os.Lstat(filepath.Join(at, mark)); err == nil {
				return at, nil
			}
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if filepath.Base(dir) == "experiments" {
		return filepath.Dir(dir), nil
	}
	return dir, nil
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
// variable CLLM4REC_DATA or CLLM4REC_MODELS, else the folder data or models in
// the file's project (see ProjectRoot), wherever the program was started. It is
// absolute.
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
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular() && !info.IsDir():
		return fmt.Errorf("%s is %s; expected a file or a folder", path, what(info.Mode()))
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
	return schema.Hint(filepath.Base(path), slices.Sorted(slices.Values(names)))
}
