package adapt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/tools/libtorch/found"
	"cllm4rec/tools/libtorch/internal/console"
)

const sample = `#include "torch_api.h"
int helper(int x) { return x; }

void atg_there(tensor *out, tensor self) {
  PROTECT(
    out[0] = self;
  )
}

tensor *atg_gone(tensor self,
                 int n) {
  PROTECT(return torch::gone(self, n);)
  return nullptr;
}

int at_one_line(tensor t) { return helper(1); }

double at_bad_template() {
  PROTECT(return broken<int>().value();)
  return 0;
}
`

// header stands for libtorch's and the binding's.
const header = `#pragma once
#include <stdexcept>
namespace torch {}
typedef void *tensor;
#define PROTECT(x) try { x } catch (const std::exception &e) { error = e.what(); }
extern const char *error;
template <class T> auto broken() { static_assert(sizeof(T) == 1, "no"); return T(); }
`

func TestParseFindsEveryFunctionOfTheBinding(t *testing.T) {
	s, err := parse("sample.cpp", sample)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range s.functions {
		names = append(names, f.name)
	}
	if want := []string{"atg_there", "atg_gone", "at_one_line", "at_bad_template"}; !slices.Equal(names, want) {
		t.Fatalf("got %v", names)
	}
	gone := s.functions[1]
	if gone.void || gone.head != "tensor *atg_gone(tensor self, int n)" || gone.last-gone.first != 4 {
		t.Errorf("got %+v", gone)
	}
	if f := s.at(2); f != nil {
		t.Errorf("helper is taken for %s", f.name)
	}
}

func TestCompileStubsExactlyWhatTheCompilerRefuses(t *testing.T) {
	if _, err := exec.LookPath("g++"); err != nil {
		t.Skip("SKIPPED: needs g++")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "torch_api.h"), []byte(header), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := parse("sample.cpp", sample)
	if err != nil {
		t.Fatal(err)
	}
	c := compiler{command: []string{"g++", "-std=c++17", "-w", "-I."}, folder: folder, version: "9.9.9", jobs: 1}
	var said []string
	missing, err := c.all([]*source{s}, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"round 1: 1 of 1 files compiled", "round 1: 2 functions are not in libtorch 9.9.9", "round 2: 1 of 1 files compiled"}; !slices.Equal(said, want) {
		t.Errorf("told %q", said)
	}
	if want := []string{"at_bad_template", "atg_gone"}; !slices.Equal(missing, want) {
		t.Errorf("stubbed %v, want %v", missing, want)
	}
	if text := strings.Join(s.lines, "\n"); !strings.Contains(text, `"gone is not in libtorch 9.9.9"`) {
		t.Errorf("no message in:\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(folder, "sample.o")); err != nil {
		t.Error(err)
	}
}

func TestCompileFailsClearlyOutsideTheFunctions(t *testing.T) {
	if _, err := exec.LookPath("g++"); err != nil {
		t.Skip("SKIPPED: needs g++")
	}
	s, err := parse("sample.cpp", "#include \"nowhere.h\"\n")
	if err != nil {
		t.Fatal(err)
	}
	c := compiler{command: []string{"g++"}, folder: t.TempDir(), version: "9.9.9", jobs: 1}
	if _, err := c.all([]*source{s}, t.Logf); err == nil || !strings.Contains(err.Error(), "nowhere.h") {
		t.Errorf("got %v", err)
	}
}

func TestSplitKeepsEveryFunctionOnce(t *testing.T) {
	s, err := parse("sample.cpp", sample)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, part := range s.split(3, []string{"// prelude"}) {
		for _, f := range part.functions {
			names = append(names, f.name)
			if !strings.Contains(part.lines[f.first], f.name) {
				t.Errorf("%s does not start at line %d of %s", f.name, f.first+1, part.name)
			}
		}
	}
	if len(names) != len(s.functions) {
		t.Errorf("got %v", names)
	}
}

// project is a folder with a go.mod and a libtorch in a folder with a space.
func project(t *testing.T) (root string, l *found.Libtorch) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	root = t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module cllm4rec\n\ngo 1.26.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return root, &found.Libtorch{
		Version: "2.5.1", LibFolder: "/a b/lib", LibDirs: []string{"/a b/lib"}, IncludeDirs: []string{"/a b/include"},
		Libraries: []string{"torch_cpu"}, CXXStandard: 17, Capabilities: []string{"cuda", "foreach"}, CUDA: true, Fingerprint: "f00",
	}
}

func TestWorkspaceWritesFlagsThatTheGoCommandUnderstands(t *testing.T) {
	root, l := project(t)
	if err := Workspace(root, l); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"go.work": fmt.Sprintf("replace github.com/sugarme/gotch => %q", filepath.Join(os.Getenv("XDG_CACHE_HOME"), "cllm4rec/gotch/f00")),
		"plugins/internal/numerics/torch/zz_libtorch.go": `-D_GLIBCXX_USE_CXX11_ABI=0 "-I/a b/include"`,
	} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, no %q in\n%s", name, err, want, text)
		}
	}
	want := `${SRCDIR}/cpp/libtch.a "-L/a b/lib" "-Wl,-rpath,/a b/lib"`
	if text := libtchFlags(l); !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
}

// fake is a binding and a compiler for it that notes each of its runs.
func fake(t *testing.T) (b Binding, cxx []string, runs func() int) {
	t.Helper()
	b = Binding{Dir: t.TempDir(), Version: "v0.9.1"}
	for name, text := range map[string]string{
		"go.mod": "module gotch\n", "libtch/torch_api.h": errorCell + "\n" + headerChanges[1][0] + "\n",
		"libtch/torch_api.cpp": "int at_hand() { return 0; }\n", "libtch/torch_api_generated.cpp.h": "int atg_made() { return 0; }\n",
		"libtch/lib.go": "package libtch // CUDA\n",
	} {
		write(t, filepath.Join(b.Dir, name), text)
	}
	log, compiler := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "cxx")
	write(t, compiler, "#!/bin/sh\necho run >>"+log+"\nfor last; do :; done\necho >$last\n")
	if err := os.Chmod(compiler, 0o755); err != nil {
		t.Fatal(err)
	}
	return b, []string{compiler}, func() int {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "run")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestASecondCloneCompilesNothingAgain(t *testing.T) {
	if _, err := exec.LookPath("ar"); err != nil {
		t.Skip("SKIPPED: needs ar")
	}
	_, l := project(t)
	b, cxx, runs := fake(t)
	var said bytes.Buffer
	out := console.New(&said, time.Hour)
	first, built, err := b.Adapt(l, cxx, out)
	if err != nil {
		t.Fatal(err)
	}
	once := runs()
	second, again, err := b.Adapt(l, cxx, out)
	if err != nil || second != first || again.Wrappers != built.Wrappers || built.Wrappers != 2 || runs() != once {
		t.Errorf("%v: %s then %s, %+v then %+v, %d runs then %d", err, first, second, built, again, once, runs())
	}
	text, err := os.ReadFile(filepath.Join(first, flagsFile))
	if err != nil || strings.Contains(string(text), "CUDA") {
		t.Errorf("%v: the binding's own flags are still there: %s", err, text)
	}
	left, err := os.ReadDir(filepath.Dir(first))
	if err != nil || len(left) != 1 {
		t.Errorf("%v: %v lie in the cache", err, left)
	}
}

func TestWorkspaceLeavesRightFilesUntouched(t *testing.T) {
	root, l := project(t)
	var times []string
	for range 2 {
		if err := Workspace(root, l); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(root, glueFile))
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, info.ModTime().String())
	}
	if times[0] != times[1] {
		t.Error("the second run wrote the file again")
	}
}

func TestWorkspaceRefusesFoldersThatCgoCannotName(t *testing.T) {
	root, l := project(t)
	l.IncludeDirs = []string{`/odd"folder`}
	if err := Workspace(root, l); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), "move it") {
		t.Errorf("got %v", err)
	}
}

func TestFingerprintChangesWithTheLibrary(t *testing.T) {
	_, l := project(t)
	l.LibFolder = t.TempDir()
	put := func(text string) {
		for _, name := range []string{"libtorch_cpu.so", "libc10.so"} {
			if err := os.WriteFile(filepath.Join(l.LibFolder, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	sum := func() string {
		f, err := Fingerprint(Binding{Version: "v0.9.1"}, l, "g++ 12", nil)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	put("one")
	first := sum()
	if sum() != first {
		t.Error("the same input gives two fingerprints")
	}
	put("another")
	if sum() == first {
		t.Error("another library gives the same fingerprint")
	}
}
