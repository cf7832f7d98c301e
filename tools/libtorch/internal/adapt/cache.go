package adapt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/console"
)

// formatVersion changes when this package makes something else of the same input.
const formatVersion = 2

// What the cache holds for each fingerprint.
const (
	libraryFile = "libtch.a"
	builtFile   = "built.json"
)

// Fingerprint identifies what the static library is made of: the binding, the libtorch,
// the compiler and the CUDA toolkits there are.
func Fingerprint(b Binding, l *found.Libtorch, compiler string, toolkits []found.Toolkit) (string, error) {
	hash := sha256.New()
	put := func(values ...any) { _, _ = fmt.Fprintln(hash, values...) } // a hash never fails
	put(formatVersion, b.Version, l.Version, l.Root, compiler, CXXFlags(l))
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

// Library returns the static library for a fingerprint from the user's cache, compiled
// there first if it is missing. Clones of the project share it.
func Library(b Binding, l *found.Libtorch, cxx []string, fingerprint string, out *console.Console) (path string, built Built, err error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", built, err
	}
	base = filepath.Join(base, "cllm4rec", "libtch")
	folder := filepath.Join(base, fingerprint)
	path = filepath.Join(folder, libraryFile)
	if built, err := readBuilt(folder); err == nil {
		out.Say("the binding was compiled before: %s", path)
		return path, built, nil
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", built, err
	}
	work, err := os.MkdirTemp(base, "new-")
	if err != nil {
		return "", built, err
	}
	defer func() { _ = os.RemoveAll(work) }()
	built, err = compileInto(work, b, l, cxx, out)
	if err != nil {
		return "", built, err
	}
	if err := os.RemoveAll(folder); err != nil {
		return "", built, err
	}
	return path, built, os.Rename(work, folder)
}

// compileInto fills an empty folder with the library and its description.
func compileInto(work string, b Binding, l *found.Libtorch, cxx []string, out *console.Console) (built Built, err error) {
	step := "compiling the binding for libtorch " + l.Version
	err = out.During(step, "1 to 4 minutes on two cores", func() error {
		built, err = b.Compile(l, cxx, work, out)
		return err
	})
	if err != nil {
		return built, err
	}
	data, err := json.Marshal(built)
	if err != nil {
		return built, err
	}
	if err := keepOnly(work, libraryFile); err != nil {
		return built, err
	}
	return built, os.WriteFile(filepath.Join(work, builtFile), data, 0o644)
}

// keepOnly removes everything else from a folder.
func keepOnly(folder, name string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == name {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func readBuilt(folder string) (built Built, err error) {
	data, err := os.ReadFile(filepath.Join(folder, builtFile))
	if err != nil {
		return built, err
	}
	return built, json.Unmarshal(data, &built)
}

// Install puts the library beside the adapted Go code.
func Install(library, target, fingerprint string) error {
	folder := filepath.Join(target, "libtch", "cpp")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return copyFile(library, filepath.Join(folder, libraryName(fingerprint)))
}
