package folder

import (
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
