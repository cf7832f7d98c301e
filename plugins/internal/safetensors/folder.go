package safetensors

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
)

// The names that Hugging Face folders use.
const (
	SingleName = "model.safetensors"
	IndexName  = "model.safetensors.index.json"
)

// Folder is the weights of a model: one file, or shards under an index.
type Folder struct {
	dir   string
	files []*File
	where map[string]*File // tensor name -> its file
}

// OpenFolder opens model.safetensors, else model.safetensors.index.json with
// its shards. ErrNotFound when there is neither; a shard that is missing, lacks
// a tensor of the index or holds one that the index does not know is ErrBadData.
func OpenFolder(dir string) (*Folder, error) {
	if exists(filepath.Join(dir, SingleName)) {
		file, err := Open(filepath.Join(dir, SingleName))
		if err != nil {
			return nil, err
		}
		f := &Folder{dir: dir, where: map[string]*File{}}
		f.add(file)
		return f, nil
	}
	if !exists(filepath.Join(dir, IndexName)) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: neither %s nor %s", dir, SingleName, IndexName)
	}
	return openShards(dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func (f *Folder) add(file *File) {
	f.files = append(f.files, file)
	for _, name := range file.Names() {
		f.where[name] = file
	}
}

func openShards(dir string) (*Folder, error) {
	index := filepath.Join(dir, IndexName)
	weights, err := readIndex(index)
	if err != nil {
		return nil, err
	}
	f := &Folder{dir: dir, where: map[string]*File{}}
	for _, shard := range slices.Compact(slices.Sorted(maps.Values(weights))) {
		if err := f.addShard(index, shard, weights); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		if f.where[name] == nil {
			return nil, errors.Join(damaged(index, "tensor %q is not in its shard %q", name, weights[name]), f.Close())
		}
	}
	return f, nil
}

func readIndex(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, damaged(path, "%v", err)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, damaged(path, "%v", err)
	}
	if len(index.WeightMap) == 0 {
		return nil, damaged(path, "weight_map is missing or empty")
	}
	return index.WeightMap, nil
}

func (f *Folder) addShard(index, shard string, weights map[string]string) error {
	if shard != filepath.Base(shard) || !filepath.IsLocal(shard) {
		return damaged(index, "shard %q is not a plain file name", shard)
	}
	file, err := Open(filepath.Join(f.dir, shard))
	if errors.Is(err, contract.ErrNotFound) {
		return damaged(index, "shard %q is missing from the folder", shard)
	}
	if err != nil {
		return err
	}
	f.add(file)
	for _, name := range file.Names() {
		if weights[name] != shard {
			return damaged(index, "shard %q holds tensor %q, which the index places in %q", shard, name, weights[name])
		}
	}
	return nil
}

// Close unmaps all files.
func (f *Folder) Close() error {
	var all error
	for _, file := range f.files {
		all = errors.Join(all, file.Close())
	}
	return all
}

// Paths lists the weight files, in the order of their names.
func (f *Folder) Paths() []string {
	var paths []string
	for _, file := range f.files {
		paths = append(paths, file.Paths()...)
	}
	return paths
}

// Names lists the tensors of all files in alphabetical order.
func (f *Folder) Names() []string { return slices.Sorted(maps.Keys(f.where)) }

// Tensor is one tensor of the folder, from whichever file holds it.
func (f *Folder) Tensor(name string) (View, error) {
	if file := f.where[name]; file != nil {
		return file.Tensor(name)
	}
	return View{}, Missing(f.dir, name, f.Names())
}
