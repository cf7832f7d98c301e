package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"cllm4rec/core/contract"
	"cllm4rec/core/manifest"
	"cllm4rec/core/schema"
)

// Binary is a plugin that lies in a plugin folder: a program, or a folder with a manifest.
type Binary struct {
	Kind contract.Kind
	Name string
	Path string // absolute, of the program or of the manifest
}

// HasManifest tells a plugin with a manifest from a program.
func (b Binary) HasManifest() bool { return filepath.Base(b.Path) == manifest.File }

// Manifest reads the manifest, which must be of the kind and name that its folders say.
func (b Binary) Manifest() (*manifest.Manifest, error) {
	m, err := manifest.Load(b.Path)
	if err != nil {
		return nil, err
	}
	if m.Kind != b.Kind || m.Name != b.Name {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is of the %s plugin %q, but lies in the folder of the %s plugin %q", b.Path, m.Kind, m.Name, b.Kind, b.Name)
	}
	if m.Contract != m.Kind.Version() {
		return nil, contract.Errorf(contract.ErrUnsupported, "%s is written for version %d of the %s contract, this program speaks version %d", b.Path, m.Contract, m.Kind, m.Kind.Version())
	}
	return m, nil
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
	add := func(b Binary) {
		if !slices.ContainsFunc(found, func(o Binary) bool { return o.Name == b.Name }) {
			found = append(found, b)
		}
	}
	for _, dir := range h.dirs {
		if own, err := ownManifest(dir); err != nil {
			return nil, err
		} else if own != nil {
			if own.Kind == kind {
				add(Binary{Kind: kind, Name: own.Name, Path: own.Path()})
			}
			continue
		}
		entries, err := os.ReadDir(filepath.Join(dir, Folder(kind)))
		if errors.Is(err, syscall.ENOTDIR) {
			return nil, contract.Errorf(contract.ErrInvalid, "%s is no folder of plugins; expected one with the folders datasets, baselines and backbones", dir)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("list the plugins: %w", err)
		}
		for _, e := range entries {
			b := Binary{Kind: kind, Name: e.Name(), Path: filepath.Join(dir, Folder(kind), e.Name())}
			if isProgram(b.Path) {
				add(b)
			} else if b.Path = filepath.Join(b.Path, manifest.File); exists(b.Path) {
				add(b)
			}
		}
	}
	slices.SortFunc(found, func(a, b Binary) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// ownManifest is the manifest of a folder that is itself a plugin; nil for any other.
func ownManifest(dir string) (*manifest.Manifest, error) {
	path := filepath.Join(dir, manifest.File)
	if !exists(path) {
		return nil, nil
	}
	return manifest.Load(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// isProgram reports whether a file is meant to be run: it may be, or it begins as
// programs do and only lacks the permission, which checkExecutable then tells.
func isProgram(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	return executable(info) || beginsAsProgram(path)
}

func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// beginsAsProgram reports whether a file begins as ELF, Mach-O or a script does.
func beginsAsProgram(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 4)
	n, _ := io.ReadFull(f, head) // a shorter file is compared as far as it goes
	for _, magic := range []string{"\x7fELF", "\xcf\xfa\xed\xfe", "#!"} {
		if strings.HasPrefix(string(head[:n]), magic) {
			return true
		}
	}
	return false
}

// checkExecutable is an ErrInvalid for a program without the permission to run.
func checkExecutable(b Binary) error {
	if b.HasManifest() {
		return nil
	}
	info, err := os.Stat(b.Path)
	if err != nil || executable(info) {
		return err
	}
	return contract.Errorf(contract.ErrInvalid, "%s plugin %q is there, but not executable: chmod +x %s", b.Kind, b.Name, b.Path)
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
			return b, checkExecutable(b)
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
