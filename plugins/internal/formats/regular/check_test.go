package regular

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
)

func TestPipesAreRefusedWithoutWaitingForAWriter(t *testing.T) {
	dir := t.TempDir()
	fifo, link := filepath.Join(dir, "fifo"), filepath.Join(dir, "link")
	if err := errors.Join(unix.Mkfifo(fifo, 0o600), os.Symlink(fifo, link)); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe() // what <(zcat FILE) gives a program
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = r.Close(), w.Close() }()
	for _, path := range []string{fifo, link, fmt.Sprintf("/dev/fd/%d", r.Fd())} {
		for name, look := range map[string]func(string) error{"Check": Check, "Open": func(path string) error { _, err := Open(path); return err }} {
			done := make(chan error, 1)
			go func() { done <- look(path) }()
			select {
			case err := <-done:
				if !errors.Is(err, contract.ErrBadData) || !strings.HasPrefix(err.Error(), path+": is a pipe, expected a regular file: it is read more than once") {
					t.Errorf("%s of %s: error %v", name, path, err)
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("%s of %s waits", name, path)
			}
		}
	}
}

func TestCheckKnowsRegularFilesThroughLinks(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Check(file), Check(link)); err != nil {
		t.Error(err)
	}
	if err := Check(filepath.Join(dir, "none")); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	if err := Check(dir); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("error %v", err)
	}
}

func TestCheckGivenRefusesWhatIsThereAndNoFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckGiven("", file, file+".none"); err != nil {
		t.Error(err)
	}
	if err := CheckGiven(file, dir); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), dir+": is a folder") {
		t.Errorf("error %v", err)
	}
}
