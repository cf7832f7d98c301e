// Package results writes the results of an experiment in forms that other programs read:
// values of single users as Parquet, curves and results as TensorBoard's event files, trials
// as runs of an MLflow file store. (The forms for papers and notebooks, LaTeX, CSV and JSON,
// are those of core/report.) Everything comes from records; nothing is trained.
package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"cllm4rec/core/contract"
)

// makeFolder makes a folder in one rename: it has everything or is not there. ErrInvalid
// where it is there already.
func makeFolder(dir string, write func(temp string) error) error {
	if _, err := os.Lstat(dir); err == nil {
		return contract.Errorf(contract.ErrInvalid, "%s is there already: an export makes its folder; name another, or remove it", dir)
	}
	temp, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".export-")
	if err != nil {
		return fmt.Errorf("the export cannot be written: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // it is gone when all went well
	if err := write(temp); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("the export cannot be written: %w", err)
	}
	return nil
}

// longestName is how many bytes a name of a folder has at most.
const longestName = 120

// folders gives names of folders to names of an experiment, each its own.
type folders struct {
	of    map[string]string
	taken map[string]bool
}

func newFolders() *folders { return &folders{map[string]string{}, map[string]bool{}} }

// name is the folder of a name: without separators, control characters and leading points,
// and with a number behind it where another name has it already.
func (f *folders) name(of string) string {
	if name, known := f.of[of]; known {
		return name
	}
	safe := strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, of)
	for len(safe) > longestName {
		runes := []rune(safe)
		safe = string(runes[:len(runes)-1])
	}
	safe = strings.TrimSpace(safe)
	if safe == "" || safe[0] == '.' {
		safe = "_" + safe
	}
	name := safe
	for n := 2; f.taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", safe, n)
	}
	f.of[of], f.taken[name] = name, true
	return name
}
