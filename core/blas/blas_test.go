package blas

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is an environment with a library of some content, and an empty memory.
func machine(t *testing.T, content string) []string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := t.TempDir()
	put(t, folder, content)
	return []string{"A=1", "LD_LIBRARY_PATH=" + folder}
}

func put(t *testing.T, folder, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "libopenblas.so.0"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

var chosen = Choice{Own: Product{"Prescott", 30}, Taken: Product{"SkylakeX", 150}}

func TestEnvironAddsTheRememberedKernel(t *testing.T) {
	env := machine(t, "one")
	if got := Environ(env); !slices.Equal(got, env) {
		t.Errorf("nothing is remembered, and yet: %v", got)
	}
	if err := Remember(env, chosen); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(env), Variable+"=SkylakeX")
	if got := Environ(env); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if got := Current(env); got != (Kernel{"SkylakeX", FromProbe}) {
		t.Errorf("got %v", got)
	}
}

func TestEnvironLeavesAPickThatServes(t *testing.T) {
	env := machine(t, "one")
	if err := Remember(env, Choice{Own: Product{"Zen", 90}, Taken: Product{"Zen", 90}}); err != nil {
		t.Fatal(err)
	}
	if got := Environ(env); !slices.Equal(got, env) {
		t.Errorf("got %v", got)
	}
	if got := Current(env); got != (Kernel{"Zen", FromLibrary}) {
		t.Errorf("got %v", got)
	}
}

func TestTheUsersKernelStaysAndAnEmptyOneGoes(t *testing.T) {
	env := machine(t, "one")
	if err := Remember(env, chosen); err != nil {
		t.Fatal(err)
	}
	named := append(slices.Clone(env), Variable+"=Haswell")
	if got := Environ(named); !slices.Equal(got, named) || Current(named) != (Kernel{"Haswell", FromUser}) {
		t.Errorf("got %v, %v", got, Current(named))
	}
	if got := Environ(append(slices.Clone(env), Variable+"=")); !slices.Equal(got, append(slices.Clone(env), Variable+"=SkylakeX")) {
		t.Errorf("got %v", got)
	}
	if got := Environ([]string{Variable + "=", "LD_LIBRARY_PATH=" + t.TempDir()}); slices.Contains(got, Variable+"=") {
		t.Errorf("the empty value is still there: %v", got)
	}
}

func TestAnotherLibraryIsAnotherChoice(t *testing.T) {
	env := machine(t, "one")
	if err := Remember(env, chosen); err != nil {
		t.Fatal(err)
	}
	put(t, value(env, "LD_LIBRARY_PATH"), "another one")
	if c, err := Remembered(env); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestADamagedMemoryIsNamed(t *testing.T) {
	env := machine(t, "one")
	path, err := memory(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "{}", "{"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		if _, err := Remembered(env); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestCandidatesAreWhatAProcessorCanRun(t *testing.T) {
	for allowed, want := range map[Level][]string{
		AVX512: {"SkylakeX", "Haswell", "Sandybridge"}, AVX2: {"Haswell", "Sandybridge"}, AVX: {"Sandybridge"}, Plain: nil,
	} {
		got := Candidates(allowed)
		if !slices.Equal(got, want) {
			t.Errorf("%v: got %v", allowed, got)
		}
		for _, kernel := range got {
			if LevelOf(kernel) > allowed || LevelOf(kernel) == Plain {
				t.Errorf("%v: %s is of %v", allowed, kernel, LevelOf(kernel))
			}
		}
	}
	if LevelOf("Prescott") != Plain || LevelOf("Cooperlake") != AVX512 {
		t.Error("levels are wrong")
	}
}
