package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
)

// addedFolder lies beside the plugins of a kind and has a file for each that Add put there,
// with the folder that it came from. It is no plugin itself, so that List passes it by.
const addedFolder = ".added"

// Add copies the plugin in a folder with a manifest to where Find finds it from then on: the
// first of the host's folders that is not a plugin itself. A copy stays what it is while its
// origin is worked on, moved or removed, and so do the checksums in records. ErrInvalid where
// a plugin of its kind and name is there, unless replace is set and Add put it there.
func (h *Host) Add(dir string, replace bool) (b Binary, files int, err error) {
	m, err := manifest.Load(filepath.Join(dir, manifest.File))
	if err != nil {
		return Binary{}, 0, err
	}
	if m, err = (Binary{Kind: m.Kind, Name: m.Name, Path: m.Path()}).Manifest(); err != nil { // its version too
		return Binary{}, 0, err
	}
	target, err := h.ownFolder()
	if err != nil {
		return Binary{}, 0, err
	}
	b = Binary{Kind: m.Kind, Name: m.Name, Path: filepath.Join(target, Folder(m.Kind), m.Name, manifest.File)}
	if err := h.room(b, m.Path(), replace); err != nil {
		return Binary{}, 0, err
	}
	files, err = b.put(m)
	return b, files, err
}

// ownFolder is the first folder that holds plugins.
func (h *Host) ownFolder() (string, error) {
	for _, dir := range h.dirs {
		if !exists(filepath.Join(dir, manifest.File)) {
			return dir, nil
		}
	}
	return "", contract.Errorf(contract.ErrInvalid, "each of the plugin folders (%v) is a plugin itself; expected one with the folders datasets, baselines and backbones", h.dirs)
}

// room reports whether a plugin of the kind and name may be put at b; its origin may be among
// the host's folders itself.
func (h *Host) room(b Binary, origin string, replace bool) error {
	found, err := h.list(b.Kind)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(found, func(o Binary) bool { return o.Name == b.Name && o.Path != origin })
	switch {
	case at < 0 && !exists(filepath.Dir(b.Path)):
		return nil
	case at >= 0 && (found[at].Path != b.Path || !b.Added()):
		return contract.Errorf(contract.ErrInvalid, "there is a %s plugin %q already, %s, which `plugins add` did not put there; give yours another name in its %s",
			b.Kind, b.Name, found[at].Path, manifest.File)
	case at < 0 && !b.Added():
		return contract.Errorf(contract.ErrInvalid, "%s is there already, and no plugin that `plugins add` put there; expected nothing of this name", filepath.Dir(b.Path))
	case !replace:
		return contract.Errorf(contract.ErrInvalid, "the %s plugin %q was added already, from %s; --replace puts this one in its place", b.Kind, b.Name, b.origin())
	}
	return nil
}

// put copies a plugin beside its place and then moves it there.
func (b Binary) put(m *manifest.Manifest) (files int, err error) {
	dir := filepath.Dir(b.Path)
	work := filepath.Join(filepath.Dir(dir), addedFolder)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return 0, fmt.Errorf("the plugin folder cannot be written: %w", err)
	}
	fresh, err := os.MkdirTemp(work, ".new-*") // no name of a plugin
	if err != nil {
		return 0, fmt.Errorf("the plugin folder cannot be written: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }() // once moved, there is none
	if files, err = m.CopyTo(fresh); err != nil {
		return 0, err
	}
	if err := errors.Join(os.Chmod(fresh, 0o755), os.WriteFile(b.note(), []byte(m.Dir()), 0o644)); err != nil {
		return 0, err
	}
	return files, inPlaceOf(dir, fresh)
}

// inPlaceOf moves a folder to a place, where another one may lie.
func inPlaceOf(dir, fresh string) error {
	if !exists(dir) {
		return os.Rename(fresh, dir)
	}
	old := fresh + "-before"
	if err := os.Rename(dir, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return os.RemoveAll(old)
}

// note is the file that says where an added plugin came from.
func (b Binary) note() string {
	return filepath.Join(filepath.Dir(filepath.Dir(b.Path)), addedFolder, b.Name)
}

// Added reports whether Add put the plugin there.
func (b Binary) Added() bool { return b.HasManifest() && exists(b.note()) }

// origin is the folder that an added plugin came from.
func (b Binary) origin() string {
	from, err := os.ReadFile(b.note())
	if err != nil {
		return "a folder that is not known: " + err.Error()
	}
	return string(from)
}

// Remove takes away what Add put there.
func (b Binary) Remove() error {
	if !b.Added() {
		return contract.Errorf(contract.ErrInvalid, "%s plugin %q was not added by `plugins add`: %s", b.Kind, b.Name, b.Path)
	}
	return errors.Join(os.RemoveAll(filepath.Dir(b.Path)), os.Remove(b.note()))
}
