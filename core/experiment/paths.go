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
)

// shape is the part of a JSON schema that says where paths stand: a string
// property with "format": "path".
type shape struct {
	Ref        string           `json:"$ref"`
	Format     string           `json:"format"`
	Properties map[string]shape `json:"properties"`
	Items      json.RawMessage  `json:"items"` // a schema or true
	Defs       map[string]shape `json:"$defs"`
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
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok && len(steps) < maxDepth {
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
			s.Properties[name].walk(defs, v[name], extend(steps, name), visit)
		}
	case []any:
		var items shape
		if json.Unmarshal(s.Items, &items) != nil {
			return
		}
		for i := range v {
			items.walk(defs, v[i], extend(steps, strconv.Itoa(i)), visit)
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

// DataDir is the value of ${DATA} for a file in dir: the --data flag, else the
// variable CLLM4REC_DATA, else data/ of the project. It is absolute.
func DataDir(flag, dir string) (string, error) {
	if flag = cmp.Or(flag, os.Getenv("CLLM4REC_DATA")); flag != "" {
		return filepath.Abs(flag)
	}
	root, err := ProjectRoot(dir)
	return filepath.Join(root, "data"), err
}

// expander fills ${DATA} and variables of the environment.
func expander(dataDir string) Expand {
	return func(name string) (string, error) {
		if name == "DATA" {
			return dataDir, nil
		}
		if v, ok := os.LookupEnv(name); ok && name != "" {
			return v, nil
		}
		near := ""
		if schema.Nearest(name, []string{"DATA"}) != "" {
			near = `; did you mean "DATA"?`
		}
		return "", fmt.Errorf("${%s} is not set; ${DATA} is the data folder, any other name a variable of the environment%s", name, near)
	}
}

// checkPath says why nothing can be read at path; usesData tells that ${DATA}
// stands in it.
func checkPath(path string, usesData bool) error {
	_, err := os.Stat(path)
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be read: %w", path, err)
	case usesData:
		return fmt.Errorf("%s does not exist; --data DIR or the variable CLLM4REC_DATA says where ${DATA} is", path)
	default:
		return fmt.Errorf("%s does not exist%s", path, siblings(path))
	}
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
