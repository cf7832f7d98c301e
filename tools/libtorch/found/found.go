// Package found describes the libtorch that `make setup` settled on. The setup tool
// writes it; the program reads it to say what this machine can do.
package found

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Folder is where the setup tool keeps its work, relative to the project root.
const Folder = ".libtorch"

// ErrNotSetUp means that `make setup` has not finished on this machine.
var ErrNotSetUp = errors.New("libtorch is not set up: run `make setup`")

// Libtorch is one installation and what of gotch it supports.
type Libtorch struct {
	// Version is the release without a local part, e.g. "2.8.0".
	Version string `json:"version"`
	// Source says how it was found: LIBTORCH, python, download or system.
	Source string `json:"source"`
	// Root is the folder that was recognised.
	Root string `json:"root"`
	// IncludeDirs and LibDirs are absolute; the compiler's own folders are left out.
	IncludeDirs []string `json:"include_dirs"`
	LibDirs     []string `json:"lib_dirs"`
	// LibFolder holds libtorch_cpu.so, whether or not the linker knows it by itself.
	LibFolder string `json:"lib_folder"`
	// Libraries are the arguments of -l, in link order.
	Libraries []string `json:"libraries"`
	// CUDA reports whether it was built for CUDA, CUDAVersion for which ("12.8", or empty).
	CUDA        bool   `json:"cuda"`
	CUDAVersion string `json:"cuda_version,omitempty"`
	// Toolkit is what code needs that includes libtorch's CUDA headers; nil when there is none.
	Toolkit *Toolkit `json:"cuda_toolkit,omitempty"`
	// CXX11ABI is the value of _GLIBCXX_USE_CXX11_ABI that its binaries were compiled with.
	CXX11ABI bool `json:"cxx11_abi"`
	// CXXStandard is the C++ standard that its headers are compiled with, e.g. 17.
	CXXStandard int `json:"cxx_standard"`
	// Capabilities are the optional features it has, sorted.
	Capabilities []string `json:"capabilities"`

	// Gotch is the version of the adapted Go binding, Compiler what compiled it.
	Gotch    string `json:"gotch"`
	Compiler string `json:"compiler"`
	// Wrappers counts the binding's C functions; MissingWrappers names, sorted, those
	// that this libtorch does not have and that return an error when called.
	Wrappers        int      `json:"wrappers"`
	MissingWrappers []string `json:"missing_wrappers"`
	// Fingerprint changes whenever the setup has to be made again.
	Fingerprint string `json:"fingerprint"`
}

// Toolkit is the part of CUDA that libtorch's own headers refer to.
type Toolkit struct {
	IncludeDirs []string `json:"include_dirs"`
	// Runtime is the file of the CUDA runtime library.
	Runtime string `json:"runtime"`
}

// Has reports whether an optional feature is there.
func (l *Libtorch) Has(capability string) bool {
	return slices.Contains(l.Capabilities, capability)
}

// Path is the file that describes the libtorch of the project at root.
func Path(root string) string { return filepath.Join(root, Folder, "libtorch.json") }

// Read loads the description of the project at root. It returns ErrNotSetUp when there is none.
func Read(root string) (*Libtorch, error) {
	data, err := os.ReadFile(Path(root))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotSetUp
	}
	if err != nil {
		return nil, err
	}
	var l Libtorch
	if err := json.Unmarshal(data, &l); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): delete it and run `make setup`", Path(root), err)
	}
	return &l, nil
}

// Write stores the description atomically; a file that says the same stays untouched.
func Write(root string, l *Libtorch) error {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if old, err := os.ReadFile(Path(root)); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(Path(root)), 0o755); err != nil {
		return err
	}
	temporary := Path(root) + ".new"
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, Path(root))
}
