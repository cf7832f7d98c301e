// Package locate recognises libtorch installations: the official archive, the package of a
// Python environment, and a distribution's own files.
package locate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/tools/libtorch/found"
)

// ErrNone means that a folder holds no libtorch.
var ErrNone = errors.New("no libtorch")

// Oldest is the oldest release that the adaptation was tried with.
const Oldest = "1.13"

// At recognises the libtorch in a folder: an unpacked official archive, .../site-packages/torch,
// or a prefix such as /usr. The error wraps ErrNone when there is none.
func At(root, source string) (*found.Libtorch, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	include := filepath.Join(root, "include")
	if header := filepath.Join(include, versionHeaders[1]); !exists(header) {
		return nil, fmt.Errorf("%w in %s: %s is missing", ErrNone, root, header)
	}
	lib, err := libraryFolder(root)
	if err != nil {
		return nil, err
	}
	l := &found.Libtorch{Source: source, Root: root, LibFolder: lib, CXXStandard: cxxStandard(root, lib)}
	if l.Version, err = version(include); err != nil {
		return nil, err
	}
	if l.CXX11ABI, err = cxx11ABI(filepath.Join(lib, "libc10.so")); err != nil {
		return nil, err
	}
	addFolders(l, include)
	addLibraries(l)
	l.Capabilities = capabilities(l, include)
	return l, supported(l)
}

func supported(l *found.Libtorch) error {
	if !NewEnough(l.Version) {
		return fmt.Errorf("libtorch %s in %s is older than %s, the oldest that is supported", l.Version, l.Root, Oldest)
	}
	return nil
}

// libraryFolder finds libtorch_cpu.so below a root.
func libraryFolder(root string) (string, error) {
	tried := []string{filepath.Join(root, "lib"), filepath.Join(root, "lib64")}
	triplets, err := filepath.Glob(filepath.Join(root, "lib", "*-linux-gnu*"))
	if err != nil {
		return "", err
	}
	for _, folder := range append(tried, triplets...) {
		if exists(filepath.Join(folder, "libtorch_cpu.so")) {
			return folder, nil
		}
	}
	return "", fmt.Errorf("%w in %s: lib/libtorch_cpu.so is missing", ErrNone, root)
}

// versionHeaders may define the release's numbers: in new releases (2.11) the first does, which
// the second then includes; in older ones (2.8) only the second is there.
var versionHeaders = []string{"torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h"}

var versionLine = regexp.MustCompile(`(?m)^\s*#\s*define\s+TORCH_VERSION_(MAJOR|MINOR|PATCH)\s+(\d+)`)

// version reads major.minor.patch from the headers in a folder.
func version(include string) (string, error) {
	for _, name := range versionHeaders {
		text, err := os.ReadFile(filepath.Join(include, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if parts := versionLine.FindAllStringSubmatch(string(text), -1); len(parts) == 3 {
			return parts[0][2] + "." + parts[1][2] + "." + parts[2][2], nil
		}
	}
	return "", fmt.Errorf("no TORCH_VERSION_MAJOR, _MINOR and _PATCH in %s: looked at %s", include, strings.Join(versionHeaders, " and "))
}

// standardLine matches the ways in which releases ask for a standard: as a property of the
// target or, from 2.15 at the latest, as a feature of the compiler.
var standardLine = regexp.MustCompile(`(?:CXX_STANDARD |cxx_std_)(\d+)`)

// cxxStandard is the C++ standard that the CMake files ask for, and at least C++17, which
// the older headers compile with too.
func cxxStandard(root, lib string) int {
	wanted := 17
	for _, folder := range []string{filepath.Join(root, "share"), lib} {
		text, err := os.ReadFile(filepath.Join(folder, "cmake/Torch/TorchConfig.cmake"))
		if err != nil {
			continue
		}
		for _, hit := range standardLine.FindAllSubmatch(text, -1) {
			wanted = max(wanted, numbers(string(hit[1]))[0])
		}
	}
	return wanted
}

// addFolders sets the include and library folders that the compiler does not search by itself.
func addFolders(l *found.Libtorch, include string) {
	if !standard(include) {
		l.IncludeDirs = append(l.IncludeDirs, include)
	}
	l.IncludeDirs = append(l.IncludeDirs, filepath.Join(include, "torch/csrc/api/include"))
	if !standard(l.LibFolder) {
		l.LibDirs = append(l.LibDirs, l.LibFolder)
	}
}

// standard reports whether compiler and loader search a folder by themselves.
func standard(folder string) bool {
	if slices.Contains([]string{"/usr/include", "/usr/lib", "/usr/lib64"}, folder) {
		return true
	}
	return filepath.Dir(folder) == "/usr/lib" && strings.Contains(filepath.Base(folder), "-linux-gnu")
}

// NewEnough reports whether a release, or a distribution's version of a package, is supported.
func NewEnough(version string) bool { return version != "" && !older(version, Oldest) }

// older compares release numbers part by part.
func older(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

func numbers(version string) []int {
	var out []int
	for part := range strings.SplitSeq(version, ".") {
		n := 0
		for _, digit := range part {
			if digit < '0' || digit > '9' {
				break
			}
			n = n*10 + int(digit-'0')
		}
		out = append(out, n)
	}
	return out
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
