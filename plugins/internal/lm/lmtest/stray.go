package lmtest

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/hf"
	"cllm4rec/plugins/internal/models/weights"
)

// maxCheck bounds what CheckFolder may allocate for a tiny folder, in bytes.
const maxCheck = 16 << 20

// Overstated gives a folder's configuration numbers of layers that its weights
// cannot hold, under each key: refused before anything of that size is built.
func (s Suite) Overstated(t *testing.T, folder string, keys ...string) {
	for _, key := range keys {
		dir := Changed(t, folder, func(Tensors) {})
		config := Keys{}
		if err := json.Unmarshal(configText(t, folder), &config); err != nil {
			t.Fatal(err)
		}
		maps.Copy(config, Keys{key: 1_000_000})
		if err := hf.SaveConfig(dir, config); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := lm.CheckFolder(s.New().Architecture(), dir)
		runtime.ReadMemStats(&after)
		Expect(t, err, contract.ErrBadData, hf.ConfigName, "layers", "tensors")
		if got := after.TotalAlloc - before.TotalAlloc; got > maxCheck {
			t.Errorf("%s: %d MiB to find that out", key, got>>20)
		}
	}
}

// Stray puts what is no regular file, and what stands for another, in the place of
// each file of a folder: refused when the plugin is configured, at once, with the
// file's name.
func (s Suite) Stray(t *testing.T, folder string) {
	pointer := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 7\n")
	for want, put := range map[string]func(path string) error{
		"git lfs pull": func(path string) error { return os.WriteFile(path, pointer, 0o600) },
		"is a pipe":    func(path string) error { return unix.Mkfifo(path, 0o600) },
		"is a device":  func(path string) error { return os.Symlink("/dev/zero", path) },
		"is a folder":  func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		for _, name := range []string{hf.ConfigName, weights.SafeTensors} {
			dir := Changed(t, folder, func(Tensors) {})
			path := filepath.Join(dir, name)
			if err := errors.Join(os.Remove(path), put(path)); err != nil {
				t.Fatal(err)
			}
			_, err := s.New().Configure(t.Context(), Params(t, dir, nil))
			if err == nil || !contract.IsBadInput(err) {
				t.Errorf("%s, %s: %v", name, want, err)
				continue
			}
			if why := unlike(err, contract.ErrBadData, path, want); why != nil {
				t.Error(why)
			}
		}
	}
	b := s.Loaded(t, folder, nil)
	tower := filepath.Join(t.TempDir(), "tower")
	if err := unix.Mkfifo(tower, 0o600); err != nil {
		t.Fatal(err)
	}
	Expect(t, b.LoadTower(t.Context(), "a", tower), contract.ErrBadData, tower, "is a pipe")
}
