package blas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"cllm4rec/core/disk"

	"github.com/google/renameio/v2"
)

// formatVersion changes when a choice is made otherwise than before.
const formatVersion = 1

// Library is the file of OpenBLAS that the loader finds with an environment, without links;
// "" when there is none.
func Library(env []string) string {
	folders := append(filepath.SplitList(value(env, "LD_LIBRARY_PATH")), "/usr/local/lib", "/usr/lib/"+triplet(), "/usr/lib64", "/usr/lib")
	for _, folder := range folders {
		if file, err := filepath.EvalSymlinks(filepath.Join(folder, "libopenblas.so.0")); err == nil && folder != "" {
			return file
		}
	}
	return ""
}

// triplet is the folder of Debian's libraries for this architecture.
func triplet() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64-linux-gnu"
	case "arm64":
		return "aarch64-linux-gnu"
	}
	return runtime.GOARCH + "-linux-gnu"
}

// Remembered is the choice that was made for the OpenBLAS of an environment on this processor.
// It is ErrNone or ErrUnknown when there is none.
func Remembered(env []string) (c Choice, err error) {
	path, err := memory(env)
	if err != nil {
		return c, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, ErrUnknown
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c); err != nil || c.Taken.Kernel == "" {
		return Choice{}, fmt.Errorf("%s is damaged: delete it and run `make setup`", path)
	}
	return c, nil
}

// Remember keeps a choice for Remembered.
func Remember(env []string, c Choice) error {
	path, err := memory(env)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, append(data, '\n'), 0o644, renameio.WithTempDir(filepath.Dir(path)))
}

// memory is the file of a choice: its name stands for the library's content and the processor.
func memory(env []string) (string, error) {
	library := Library(env)
	if library == "" {
		return "", ErrNone
	}
	content, err := digest(library)
	if err != nil {
		return "", err
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n", formatVersion, content, processor()))
	return filepath.Join(base, "cllm4rec", "blas", hex.EncodeToString(key[:8])+".json"), nil
}

// digests keeps checksums for the time of a process, which may start many plugins.
var digests sync.Map // of disk.Stamp to string

func digest(path string) (string, error) {
	at, err := disk.StampAt(path)
	if err != nil {
		return "", err
	}
	if known, ok := digests.Load(at); ok {
		return known.(string), nil
	}
	sum, _, err := disk.Sum(path)
	if err == nil {
		digests.Store(at, sum)
	}
	return sum, err
}
