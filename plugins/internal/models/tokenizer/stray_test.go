package tokenizer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
)

// Each file of a tokenizer in the three forms in which it may lie there without
// being it. The pipe must be refused at once, not waited for.
func TestStrayFilesInAFolderAreNamed(t *testing.T) {
	folders := map[string]string{VocabName: "small", MergesName: "small", ConfigName: "small", SpecialName: "small", AddedName: "small", JSONName: "pipelines/bytes"}
	for name, folder := range folders {
		for want, put := range map[string]func(path string) error{
			"byte order mark": func(path string) error { return os.WriteFile(path, []byte("\xef\xbb\xbf{}"), 0o600) },
			"git lfs pull": func(path string) error {
				return os.WriteFile(path, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 7\n"), 0o600)
			},
			"is a pipe": func(path string) error { return unix.Mkfifo(path, 0o600) },
		} {
			dir := beside(t, filepath.Join("testdata", folder), map[string]string{})
			path := filepath.Join(dir, name)
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %v", name, want, err)
			}
		}
	}
}
