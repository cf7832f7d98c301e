package hf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
)

// tree makes files, and the folders that they lie in.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFolderThatHoldsTheModelElsewhereNamesThePathToTake(t *testing.T) {
	snapshots := map[string]string{"refs/main": "0a1b", "snapshots/0a1b/config.json": "{}", "snapshots/ffff/config.json": "{}"}
	for name, c := range map[string]struct {
		files map[string]string
		want  []string // relative paths; nothing else may be named
	}{
		"the root of a cached model":              {snapshots, []string{"snapshots/0a1b"}},
		"of one whose main revision is not there": {map[string]string{"refs/main": "eeee", "snapshots/0a1b/config.json": "{}"}, []string{"snapshots/0a1b"}},
		"of one with two revisions":               {map[string]string{"snapshots/0a1b/x": "", "snapshots/ffff/x": ""}, []string{"snapshots/0a1b", "snapshots/ffff"}},
		"the root of the cache":                   {map[string]string{"models--gpt2/refs/main": "1", "models--EleutherAI--pythia-14m/refs/main": "1"}, []string{"models--EleutherAI--pythia-14m", "models--gpt2"}},
		"a folder with one GGUF file":             {map[string]string{"a.Q4_K_M.gguf": "", "README.md": ""}, []string{"a.Q4_K_M.gguf"}},
		"a folder with none of it":                {map[string]string{"README.md": ""}, nil},
	} {
		dir := tree(t, c.files)
		_, err := OpenFolder(dir)
		if !errors.Is(err, contract.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, given, _ := strings.Cut(err.Error(), ";")
		_, given, _ = strings.Cut(given, ";")
		for _, path := range c.want {
			if !strings.Contains(given, filepath.Join(dir, path)) {
				t.Errorf("%s: %v names no %s", name, err, path)
			}
		}
		if got := strings.Count(given, dir+"/"); got != len(c.want) {
			t.Errorf("%s: %v names %d paths, expected %d", name, err, got, len(c.want))
		}
	}
}

func TestAConfigurationThatIsNotOneIsNamed(t *testing.T) {
	for want, put := range map[string]func(path string) error{
		"starts with a byte order mark (UTF-8)": func(path string) error { return os.WriteFile(path, []byte("\xef\xbb\xbf{}"), 0o600) },
		"git lfs pull": func(path string) error {
			return os.WriteFile(path, []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 7\n"), 0o600)
		},
		"is a pipe":   func(path string) error { return unix.Mkfifo(path, 0o600) },
		"is a device": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		path := filepath.Join(t.TempDir(), ConfigName)
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFields(path); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestMoreLayersThanTensorsDoNotFit(t *testing.T) {
	dir := tree(t, map[string]string{ConfigName: "{}"})
	write(t, dir, tensors{"words": floats(3, 2), "out": floats(2)})
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Fits(2); err != nil {
		t.Error(err)
	}
	if err := f.Fits(3); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "3 layers") || !strings.Contains(err.Error(), "2 tensors") {
		t.Error(err)
	}
}
