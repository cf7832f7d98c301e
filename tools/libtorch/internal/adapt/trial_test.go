package adapt

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/tools/libtorch/found"
)

// linked makes a folder with a shared library of C.
func linked(t *testing.T, name, source string) *found.Libtorch {
	t.Helper()
	folder := t.TempDir()
	link := exec.Command("g++", "-shared", "-fPIC", "-x", "c++", "-", "-o", filepath.Join(folder, "lib"+name+".so"))
	link.Stdin = strings.NewReader(source)
	if out, err := link.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: needs g++: %v: %s", err, out)
	}
	return &found.Libtorch{CXXStandard: 17, LibFolder: folder, LibDirs: []string{folder}, Libraries: []string{name}}
}

func TestTrialTellsWhichLibrariesCannotBeUsed(t *testing.T) {
	if err := Trial(linked(t, "good", "int x;"), []string{"g++"}); err != nil {
		t.Error(err)
	}
	gone := linked(t, "good", "int x;")
	gone.Libraries = append(gone.Libraries, "gone")
	if err := Trial(gone, []string{"g++"}); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), "gone") {
		t.Errorf("one that is not there: %v", err)
	}
	failing := linked(t, "failing", "#include <cstdlib>\nstatic int x = (exit(3), 0);")
	if err := Trial(failing, []string{"g++"}); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("one that does not load: %v", err)
	}
}

func TestAFailureIsRememberedWithItsReason(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if err := Failed("f00"); err != nil {
		t.Fatal(err)
	}
	if err := RememberFailure("f00", errors.Join(ErrUnusable, errors.New("no such function"))); err != nil {
		t.Fatal(err)
	}
	if err := Failed("f00"); !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), "no such function") || !strings.Contains(err.Error(), "delete /") {
		t.Errorf("got %v", err)
	}
	if err := Failed("ba4"); err != nil {
		t.Errorf("another one: %v", err)
	}
}
