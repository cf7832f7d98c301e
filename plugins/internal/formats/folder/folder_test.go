package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/formatstest"
)

func TestAFileThatIsNeededIsFoundOrNamedBesideWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	if f, err := Open(dir); err != nil || f.Some() != "nothing" {
		t.Errorf("an empty folder: %s, %v", f.Some(), err)
	}
	for i := range 13 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%02d.gz", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if path, err := f.Need("f03", "titles"); err != nil || path != filepath.Join(dir, "f03.gz") {
		t.Errorf("%s, %v", path, err)
	}
	_, err = f.Need("u.data", "ratings")
	for _, want := range []string{filepath.Join(dir, "u.data") + ": no such file", "in which ratings stand", `"f00.gz", "f01.gz"`, "and 1 more"} {
		if !errors.Is(err, contract.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestWhatIsNoFolderIsNamed(t *testing.T) {
	path := formatstest.File(t, "ml-100k.zip", "PK")
	if _, err := Open(path); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), path+": is a file; expected the folder") {
		t.Errorf("a file: %v", err)
	}
	if _, err := Open(path + ".none"); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}

func TestAFolderInTheFolderIsFound(t *testing.T) {
	top := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		if err := os.Mkdir(filepath.Join(top, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(top)
	if err != nil {
		t.Fatal(err)
	}
	if inner, found := f.Inside(func(x Folder) bool { return filepath.Base(x.Path) == "b" }); !found || inner.Path != filepath.Join(top, "b") {
		t.Errorf("%s, %v", inner.Path, found)
	}
	if _, found := f.Inside(func(Folder) bool { return false }); found {
		t.Error("a folder that nobody looked for was found")
	}
	lying := func(x Folder) []string {
		if filepath.Base(x.Path) == "a" {
			return nil
		}
		return []string{"1m", "10m"}
	}
	if got, want := Below(f, lying, strings.ToUpper), "; 1M lies in "+filepath.Join(top, "b"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Below(f, func(Folder) []string { return nil }, strings.ToUpper); got != "" {
		t.Errorf("%q of nothing", got)
	}
}

func TestAGuessThatFailsEndsTheSearch(t *testing.T) {
	top := t.TempDir()
	if err := os.Mkdir(filepath.Join(top, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, failing := range []string{top, filepath.Join(top, "a")} {
		_, err := Sniff(t.Context(), top, func(_ context.Context, f Folder) ([]contract.Guess, error) {
			if f.Path == failing {
				return nil, contract.ErrBadData
			}
			return nil, nil
		})
		if !errors.Is(err, contract.ErrBadData) {
			t.Errorf("%s: %v", failing, err)
		}
	}
}

func TestGuessesAreOfTheFolderOrOfTheFirstInIt(t *testing.T) {
	top := t.TempDir()
	if err := os.MkdirAll(filepath.Join(top, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(top, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{top: "b", filepath.Join(top, "b"): "b", filepath.Join(top, "a"): ""} {
		got, err := Sniff(t.Context(), path, func(_ context.Context, f Folder) ([]contract.Guess, error) {
			if filepath.Base(f.Path) != "b" {
				return nil, nil
			}
			return []contract.Guess{{Why: filepath.Base(f.Path)}}, nil
		})
		if err != nil || len(got) > 1 || len(got) == 0 && want != "" || len(got) == 1 && got[0].Why != want {
			t.Errorf("%s: %+v, %v, want %q", path, got, err, want)
		}
	}
	if _, err := Sniff(t.Context(), filepath.Join(top, "none"), func(context.Context, Folder) ([]contract.Guess, error) { return nil, nil }); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("nothing: %v", err)
	}
}
