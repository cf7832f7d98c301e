package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Binary is a plugin that lies in a plugin folder.
type Binary struct {
	Kind contract.Kind
	Name string
	Path string // absolute
}

// Folder is the name of the folder that holds the binaries of a kind.
func Folder(kind contract.Kind) string {
	switch kind {
	case contract.KindDataset:
		return "datasets"
	case contract.KindRecommender:
		return "baselines"
	case contract.KindBackbone:
		return "backbones"
	}
	return string(kind)
}

// Dirs are the plugin folders that the host searches, in order.
func (h *Host) Dirs() []string { return slices.Clone(h.dirs) }

// List is every plugin that Find would find, by kind and then by name. It
// starts none of them.
func (h *Host) List() ([]Binary, error) {
	var all []Binary
	for _, kind := range contract.Kinds() {
		found, err := h.list(kind)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// list is the plugins of one kind by name; the first folder wins.
func (h *Host) list(kind contract.Kind) ([]Binary, error) {
	var found []Binary
	for _, dir := range h.dirs {
		entries, err := os.ReadDir(filepath.Join(dir, Folder(kind)))
		if errors.Is(err, syscall.ENOTDIR) {
			return nil, contract.Errorf(contract.ErrInvalid, "%s is no folder of plugins; expected one with the folders datasets, baselines and backbones", dir)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list the plugins: %w", err)
		}
		for _, e := range entries {
			b := Binary{Kind: kind, Name: e.Name(), Path: filepath.Join(dir, Folder(kind), e.Name())}
			known := slices.ContainsFunc(found, func(o Binary) bool { return o.Name == b.Name })
			if !known && executable(b.Path) {
				found = append(found, b)
			}
		}
	}
	slices.SortFunc(found, func(a, b Binary) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Find is the binary of a plugin. An unknown name is an ErrNotFound that names
// the nearest one and where it looked.
func (h *Host) Find(kind contract.Kind, name string) (Binary, error) {
	found, err := h.list(kind)
	if err != nil {
		return Binary{}, err
	}
	for _, b := range found {
		if b.Name == name {
			return b, nil
		}
	}
	return Binary{}, contract.Errorf(contract.ErrNotFound, "there is no %s plugin %q%s (looked in %s)",
		kind, name, h.hint(kind, name, found), strings.Join(h.searched(kind), ", "))
}

func (h *Host) searched(kind contract.Kind) []string {
	folders := make([]string, len(h.dirs))
	for i, dir := range h.dirs {
		folders[i] = filepath.Join(dir, Folder(kind))
	}
	return folders
}

// hint says what the user may have meant.
func (h *Host) hint(kind contract.Kind, name string, found []Binary) string {
	for _, other := range contract.Kinds() {
		others, _ := h.list(other) // a folder that cannot be read has no hint to give
		if other != kind && slices.ContainsFunc(others, func(b Binary) bool { return b.Name == name }) {
			return fmt.Sprintf("; %q is a %s plugin", name, other)
		}
	}
	names := make([]string, len(found))
	for i, b := range found {
		names[i] = b.Name
	}
	if near := schema.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	if len(names) == 0 {
		return "; none is built"
	}
	return "; known are " + strings.Join(names, ", ")
}
