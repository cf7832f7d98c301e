package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"

	"cllm4rec/core/contract"
)

// checkConfigureWritesNothing looks at the folder of the test and at the files that
// the parameters name, before and after.
func checkConfigureWritesNothing(t T, params json.RawMessage, p contract.Plugin) {
	before := fileTree(t, params)
	configure(t, p, params)
	if after := fileTree(t, params); !slices.Equal(before, after) {
		t.Errorf("Configure changed files:\n%s\n%s", before, after)
	}
}

// fileTree lists files with size and time.
func fileTree(t T, params json.RawMessage) []string {
	t.Helper()
	roots := []string{"."}
	var named map[string]any
	if len(params) > 0 {
		if err := json.Unmarshal(params, &named); err != nil {
			t.Fatal(err)
		}
	}
	for _, value := range named {
		if text, ok := value.(string); ok && filepath.IsAbs(text) {
			roots = append(roots, text)
		}
	}
	slices.Sort(roots)
	var files []string
	for _, root := range slices.Compact(roots) {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a parameter may name what is still to be made
			}
			if err != nil || d.IsDir() {
				return err
			}
			i, err := d.Info()
			if err == nil {
				files = append(files, fmt.Sprint(path, i.Size(), i.ModTime()))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// checkInfoStays: Info is the same at any time before Close.
func checkInfoStays(t T, params json.RawMessage, p contract.Plugin) {
	before := info(t, p)
	configure(t, p, params)
	if after := info(t, p); !reflect.DeepEqual(before, after) {
		t.Errorf("Info is %+v before Configure and %+v after it", before, after)
	}
}
