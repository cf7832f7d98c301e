package adapt

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/tools/libtorch/found"
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
	missing, err := c.all([]*source{s}, t.Logf)
	if err != nil {
		t.Fatal(err)
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
		"go.work":                               "replace github.com/sugarme/gotch => ./.libtorch/gotch",
		".libtorch/gotch/libtch/lib.go":         `${SRCDIR}/cpp/libtch-f00.a "-L/a b/lib" "-Wl,-rpath,/a b/lib"`,
		"plugins/internal/torch/zz_libtorch.go": `-D_GLIBCXX_USE_CXX11_ABI=0 "-I/a b/include"`,
	} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v, no %q in\n%s", name, err, want, text)
		}
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
	if err := Workspace(root, l); err == nil || !strings.Contains(err.Error(), "move it") {
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
