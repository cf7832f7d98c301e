package hf

import (
	"os"
	"path/filepath"
	"strings"

	"cllm4rec/plugins/internal/formats/regular"
)

// maxNamed is how many paths a message names.
const maxNamed = 10

// elsewhere says, as the end of a message, which path to give in place of a folder
// that has no config.json of its own: the snapshot in the root of a model in a
// Hugging Face cache, a model in the root of such a cache, a GGUF file. It is ""
// where nothing looks like a model.
func elsewhere(dir string) string {
	switch {
	case len(snapshots(dir)) > 0:
		return "; this is a model's root in a Hugging Face cache: give " + list(snapshots(dir))
	case len(found(dir, "models--*")) > 0:
		return "; this is the root of a Hugging Face cache: give a snapshot of one of its models, in " + list(found(dir, "models--*"))
	case len(found(dir, "*.gguf")) > 0:
		return "; a GGUF file is given by its own path: " + list(found(dir, "*.gguf"))
	}
	return ""
}

// snapshots are the folders under snapshots/, that of refs/main alone where there
// is one.
func snapshots(dir string) []string {
	if commit, err := regular.Read(filepath.Join(dir, "refs", "main")); err == nil {
		main := filepath.Join(dir, "snapshots", strings.TrimSpace(string(commit)))
		if entry, err := os.Stat(main); err == nil && entry.IsDir() {
			return []string{main}
		}
	}
	return found(filepath.Join(dir, "snapshots"), "*")
}

// found are the entries of a folder with a name of some form, in alphabetical order.
func found(dir, form string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var paths []string
	for _, e := range entries {
		if match, err := filepath.Match(form, strings.ToLower(e.Name())); err == nil && match {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// list names paths, at most ten of them.
func list(paths []string) string {
	text := strings.Join(paths[:min(len(paths), maxNamed)], " or ")
	if len(paths) > maxNamed {
		text += " or others"
	}
	return text
}
