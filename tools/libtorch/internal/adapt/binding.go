package adapt

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/console"
)

// Module is the Go module that is adapted.
const Module = "github.com/sugarme/gotch"

// Binding is gotch's source in the module cache.
type Binding struct{ Dir, Version string }

// Download has the go command fetch gotch at the version that go.mod requires.
func Download(root string) (Binding, error) {
	var b Binding
	command := exec.Command("go", "mod", "download", "-json", Module)
	command.Dir = root
	command.Env = append(os.Environ(), "GOWORK=off")
	out, err := command.Output()
	var answer struct{ Dir, Version, Error string }
	if jsonErr := json.Unmarshal(out, &answer); jsonErr == nil && answer.Error != "" {
		return b, fmt.Errorf("cannot download %s: %s", Module, answer.Error)
	}
	if err != nil {
		return b, fmt.Errorf("go mod download %s: %w", Module, withMessage(err))
	}
	return Binding{Dir: answer.Dir, Version: answer.Version}, nil
}

// withMessage adds what a failed command wrote.
func withMessage(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}

// Copy adds the binding's Go files and C headers to a folder.
func (b Binding) Copy(target string) error {
	return filepath.WalkDir(b.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(b.Dir, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == "example" || name == "gen" { // 90 MB that nothing imports
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(target, name), 0o755)
		}
		if filepath.Dir(name) == "libtch" && compiled[filepath.Base(name)] {
			return nil
		}
		return copyFile(path, filepath.Join(target, name))
	})
}

// compiled are the files of libtch that go into the static library instead.
var compiled = map[string]bool{"torch_api.cpp": true, "torch_api_generated.cpp.h": true, "lib.go": true}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// Built is the outcome of Compile.
type Built struct {
	Wrappers int      `json:"wrappers"`
	Missing  []string `json:"missing"`
}

// memoryMark begins the text of an error that is a lack of memory. The glue of the tensor layer
// has the same.
const memoryMark = `\036out of memory: `

// errorCell is gotch's error text. It is defined in a header, which only one source may include.
const errorCell = "thread_local char *torch_last_err = nullptr;"

// headerChanges are made to torch_api.h: the error text is declared instead of defined,
// libtorch's own errors are kept without their C++ stack trace, and lack of memory is known by
// its type, of which a mark at the beginning of the text tells.
var headerChanges = [][2]string{
	{errorCell, "extern thread_local char *torch_last_err;"},
	{
		"  } catch (const exception &e) {                                               \\",
		`  } catch (const c10::OutOfMemoryError &e) { torch_last_err = strdup((string("` + memoryMark + `") + e.what_without_backtrace()).c_str()); \` + "\n" +
			`  } catch (const bad_alloc &e) { torch_last_err = strdup("` + memoryMark + `the system gives no more memory"); \` + "\n" +
			`  } catch (const c10::Error &e) { torch_last_err = strdup(e.what_without_backtrace()); \` + "\n" +
			`  } catch (const exception &e) { \`,
	},
}

// Compile makes the static library in folder from the binding's C++ sources.
func (b Binding) Compile(l *found.Libtorch, cxx []string, folder string, console *console.Console) (Built, error) {
	var built Built
	sources, err := b.sources(folder)
	if err != nil {
		return built, err
	}
	for _, s := range sources {
		built.Wrappers += len(s.functions)
	}
	command := append(append([]string{}, cxx...), "-O1", "-fPIC", "-I.")
	c := compiler{command: append(command, CXXFlags(l)...), folder: folder, version: l.Version, jobs: runtime.NumCPU()}
	c.command = append(c.command, errorLimit(cxx))
	if built.Missing, err = c.all(sources, console.Say); err != nil {
		return built, err
	}
	args := []string{"rcs", filepath.Base(libraryFile)}
	for _, s := range sources {
		args = append(args, object(s))
	}
	archive := exec.Command("ar", args...)
	archive.Dir = folder
	if out, err := archive.CombinedOutput(); err != nil {
		return built, fmt.Errorf("ar: %w: %s", err, out)
	}
	return built, nil
}

// errorLimit has the compiler report every error.
func errorLimit(cxx []string) string {
	if strings.Contains(filepath.Base(cxx[0]), "clang") {
		return "-ferror-limit=0"
	}
	return "-fmax-errors=0"
}

// sources puts the headers into folder and returns the C++ files in parts of similar size.
func (b Binding) sources(folder string) ([]*source, error) {
	libtch := filepath.Join(b.Dir, "libtch")
	if err := copyHeaders(libtch, folder); err != nil {
		return nil, err
	}
	written, err := handWritten(libtch)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(libtch, "torch_api_generated.cpp.h"))
	if err != nil {
		return nil, err
	}
	generated, err := parse("generated.cpp", string(text))
	if err != nil {
		return nil, err
	}
	parts := max(2, min(runtime.NumCPU(), 8))
	prelude := []string{`#include "torch_api.h"`, "using namespace std;", ""}
	return append(generated.split(parts, prelude), written), nil
}

// copyHeaders copies the headers and changes torch_api.h.
func copyHeaders(from, to string) error {
	headers, err := filepath.Glob(filepath.Join(from, "*.h"))
	if err != nil {
		return err
	}
	for _, header := range headers {
		text, err := os.ReadFile(header)
		if err != nil {
			return err
		}
		name := filepath.Base(header)
		if name == "torch_api.h" {
			if text, err = change(header, text); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// change applies headerChanges, each of which must match.
func change(name string, text []byte) ([]byte, error) {
	for _, c := range headerChanges {
		if !bytes.Contains(text, []byte(c[0])) {
			return nil, fmt.Errorf("%s: %q is missing: another gotch?", name, c[0])
		}
		text = bytes.Replace(text, []byte(c[0]), []byte(c[1]), 1)
	}
	return text, nil
}

// handWritten reads the binding's hand-written file, without the generated one that it includes.
func handWritten(libtch string) (*source, error) {
	text, err := os.ReadFile(filepath.Join(libtch, "torch_api.cpp"))
	if err != nil {
		return nil, err
	}
	own := strings.Replace(string(text), `#include "torch_api_generated.cpp.h"`, errorCell, 1)
	return parse("torch_api.cpp", own)
}
