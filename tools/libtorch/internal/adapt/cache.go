package adapt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/console"
)

// formatVersion changes when this package makes something else of the same input.
const formatVersion = 4

// Files of an adapted copy of the binding, relative to its folder.
const (
	libraryFile = "libtch/cpp/libtch.a"
	flagsFile   = "libtch/lib.go"
	builtFile   = "built.json" // comes last: a folder that has it is whole
)

// Fingerprint identifies what an adapted copy is made of: the binding, the libtorch, the
// compiler and the CUDA toolkits there are.
func Fingerprint(b Binding, l *found.Libtorch, compiler string, toolkits []found.Toolkit) (string, error) {
	hash := sha256.New()
	put := func(values ...any) { _, _ = fmt.Fprintln(hash, values...) } // a hash never fails
	put(formatVersion, b.Version, l.Version, l.Root, compiler, CXXFlags(l), LDFlags(l))
	if len(toolkits) > 0 {
		put(toolkits)
	}
	for _, name := range []string{"libtorch_cpu.so", "libc10.so"} {
		info, err := os.Stat(filepath.Join(l.LibFolder, name))
		if err != nil {
			return "", err
		}
		put(name, info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// Cache is the user's folder for what all clones of the project share. The go command's own
// cache knows a compiled package by the folders that its flags name, among them that of the
// adapted binding, which therefore must be the same for every clone.
func Cache() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	base = filepath.Join(base, "cllm4rec")
	if err := checkFolder(base); err != nil {
		return "", fmt.Errorf("%w, or set XDG_CACHE_HOME", err)
	}
	return base, os.MkdirAll(base, 0o755)
}

// Adapted is the folder that holds, or will hold, the adapted copy with a fingerprint.
func Adapted(fingerprint string) (string, error) {
	base, err := Cache()
	return filepath.Join(base, "gotch", fingerprint), err
}

// Adapt returns the adapted copy for l.Fingerprint from the user's cache, made first if it is
// missing.
func (b Binding) Adapt(l *found.Libtorch, cxx []string, out *console.Console) (folder string, built Built, err error) {
	if folder, err = Adapted(l.Fingerprint); err != nil {
		return "", built, err
	}
	if built, err := readBuilt(folder); err == nil {
		out.Say("the binding was compiled before: %s", folder)
		return folder, built, nil
	}
	base := filepath.Dir(folder)
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", built, err
	}
	work, err := os.MkdirTemp(base, "new-")
	if err != nil {
		return "", built, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if built, err = b.adaptInto(work, l, cxx, out); err != nil {
		return "", built, err
	}
	return folder, built, replace(work, folder)
}

// replace moves a finished folder into its place. Another setup may have been there first.
func replace(work, folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Rename(work, folder); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// adaptInto fills an empty folder with the copy, its static library and its description.
func (b Binding) adaptInto(work string, l *found.Libtorch, cxx []string, out *console.Console) (built Built, err error) {
	step := "compiling the binding for libtorch " + l.Version
	err = out.During(step, "3 to 8 minutes on two cores, once for this libtorch", func() error {
		built, err = b.library(filepath.Join(work, libraryFile), l, cxx, out)
		return err
	})
	if err != nil {
		return built, err
	}
	if err := b.Copy(work); err != nil {
		return built, err
	}
	if err := writeGo(filepath.Join(work, flagsFile), libtchFlags(l)); err != nil {
		return built, err
	}
	if err := os.Chmod(work, 0o755); err != nil { // a temporary folder is its user's alone
		return built, err
	}
	data, err := json.Marshal(built)
	if err != nil {
		return built, err
	}
	return built, os.WriteFile(filepath.Join(work, builtFile), data, 0o644)
}

// library compiles the static library at path, beside which nothing else is left.
func (b Binding) library(path string, l *found.Libtorch, cxx []string, out *console.Console) (built Built, err error) {
	objects := path + ".objects"
	if err := os.MkdirAll(objects, 0o755); err != nil {
		return built, err
	}
	if built, err = b.Compile(l, cxx, objects, out); err != nil {
		return built, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	if err := os.Rename(filepath.Join(objects, filepath.Base(path)), path); err != nil {
		return built, err
	}
	return built, os.RemoveAll(objects)
}

func readBuilt(folder string) (built Built, err error) {
	data, err := os.ReadFile(filepath.Join(folder, builtFile))
	if err != nil {
		return built, err
	}
	return built, json.Unmarshal(data, &built)
}
