package hub

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// Model is a folder that holds a model, with or without a manifest.
type Model struct {
	Folder   string
	Type     string // model_type of config.json; "" unknown
	Bytes    int64  // of its files, those of unfinished downloads included
	Manifest *Manifest
	Problem  string // why it cannot be used as it is; "" none
}

// depth is how far below models/ a model may lie: OWNER/NAME, and one more.
const depth = 3

// List finds the models below a folder, by path. ErrNotFound when there is no such folder.
func List(dir string) ([]Model, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, contract.Errorf(contract.ErrNotFound, "there is no folder %s; `cllm4rec models get OWNER/NAME` makes it", dir)
	}
	return list(dir, depth)
}

// list follows links to folders, which is how models come from other disks; the
// depth bounds it.
func list(dir string, depth int) ([]Model, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return ofModel(e.Name()) }) {
		m, err := look(dir, entries)
		return []Model{m}, err
	}
	var all []Model
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() || depth == 0 || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		below, err := list(path, depth-1)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}

// ofModel tells files that only a folder of a model has.
func ofModel(name string) bool {
	return name == "config.json" || name == ManifestName || strings.HasSuffix(name, ".gguf") || strings.HasSuffix(name, fetch.PartEnd)
}

func look(dir string, entries []os.DirEntry) (Model, error) {
	m := Model{Folder: dir}
	unfinished := false
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile, or a link to nothing
		}
		if err != nil {
			return m, err
		}
		if info.Mode().IsRegular() {
			m.Bytes += info.Size()
		}
		unfinished = unfinished || strings.HasSuffix(e.Name(), fetch.PartEnd)
	}
	f, err := fetch.ReadFolder(dir)
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }()
	m.Type = modelType(dir)
	switch m.Manifest, err = readManifest(f); {
	case err != nil:
		m.Problem = ManifestName + " is damaged"
	case unfinished, m.Manifest != nil && m.Manifest.Updating != "":
		m.Problem = "download unfinished"
	}
	if m.Manifest != nil {
		m.Bytes = max(m.Bytes, m.Manifest.Files.Bytes())
	}
	return m, nil
}

// modelType is what config.json calls the architecture; "" when it cannot be told.
func modelType(dir string) string {
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	var config struct {
		Type string `json:"model_type"`
	}
	if err != nil || json.Unmarshal(raw, &config) != nil {
		return ""
	}
	return fetch.OneLine(config.Type)
}
