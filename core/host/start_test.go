package host_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

func TestUnknownPluginsAreNamedWithTheNearest(t *testing.T) {
	h := newHost(t)
	_, err := h.Recommender(t.Context(), "fakerek", nil)
	mustBe(t, err, contract.ErrNotFound, `recommender plugin "fakerek"`, `did you mean "fakerec"?`, filepath.Join(h.Dirs()[0], "baselines"))
	_, err = h.Backbone(t.Context(), "fakedata", nil)
	mustBe(t, err, contract.ErrNotFound, `"fakedata" is a dataset plugin`)
	_, err = h.Dataset(t.Context(), "../baselines/fakerec", nil)
	mustBe(t, err, contract.ErrNotFound)
	list, err := h.List()
	if err != nil || len(list) != 3 || list[0].Name != "fakedata" || list[1].Kind != contract.KindRecommender {
		t.Errorf("list %v, error %v", list, err)
	}
}

func TestAFileIsNoFolderOfPlugins(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := host.Open(host.Options{Dirs: []string{file}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close(t.Context()) }()
	_, err = h.List()
	mustBe(t, err, contract.ErrInvalid, "file is no folder of plugins")
}

func TestWrongParametersNameThePluginAndTheKey(t *testing.T) {
	_, err := newHost(t).Recommender(t.Context(), "fakerec", json.RawMessage(`{"wieght":2}`))
	mustBe(t, err, contract.ErrInvalid, "plugin fakerec", `wieght: unknown key; did you mean "weight"?`)
	r, err := newHost(t).Recommender(t.Context(), "fakerec", json.RawMessage(`{"weight":2}`))
	if err != nil || !strings.Contains(string(r.Resolved), `"weight":2`) || len(r.Checksum) != 64 {
		t.Errorf("plugin %+v, error %v", r, err)
	}
}

// fakeBinary puts a shell script where a recommender belongs.
func fakeBinary(t *testing.T, h *host.Host, name, script string) string {
	t.Helper()
	path := filepath.Join(h.Dirs()[0], "baselines", name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPluginThatDoesNotStartShowsTheEndOfItsStderr(t *testing.T) {
	h := contracttest.Host(t, host.Options{StartTimeout: time.Second}, fakes()...)
	fakeBinary(t, h, "unlinked", "echo 'libtorch.so: cannot open shared object file' >&2; exit 127")
	_, err := h.Recommender(t.Context(), "unlinked", nil)
	mustBe(t, err, contract.ErrDied, "plugin unlinked", "exit status 127, as when a shared library is missing", "make build", "libtorch.so: cannot open shared object file")
	fakeBinary(t, h, "rude", `printf '\033]0;owned\007\033[2J\n' >&2; exit 3`)
	_, err = h.Recommender(t.Context(), "rude", nil)
	mustBe(t, err, contract.ErrDied, "exit status 3", `\x1b]0;owned\x07\x1b[2J`)
	fakeBinary(t, h, "silent", "echo 'still thinking' >&2; exec sleep 60")
	began := time.Now()
	_, err = h.Recommender(t.Context(), "silent", nil)
	if err == nil || !strings.Contains(err.Error(), "still thinking") || time.Since(began) > 10*time.Second {
		t.Errorf("after %s: error %v", time.Since(began), err)
	}
}

func TestAPluginOfTheWrongKindSaysSo(t *testing.T) {
	h := newHost(t)
	old := filepath.Join(h.Dirs()[0], "baselines", "fakerec")
	if err := os.Rename(old, filepath.Join(h.Dirs()[0], "backbones", "fakerec")); err != nil {
		t.Fatal(err)
	}
	_, err := h.Backbone(t.Context(), "fakerec", nil)
	mustBe(t, err, contract.ErrUnsupported, "fakerec is a recommender plugin, but the runner expected a backbone plugin")
}

func TestAPluginWithoutItsExecuteBitIsNamedWithTheCure(t *testing.T) {
	h := newHost(t)
	path := fakeBinary(t, h, "copied", "exit 1")
	note := fakeBinary(t, h, "README", "")
	if err := errors.Join(os.Chmod(path, 0o644), os.WriteFile(note, []byte("read me"), 0o644), os.Chmod(note, 0o644)); err != nil {
		t.Fatal(err)
	}
	_, err := h.Recommender(t.Context(), "copied", nil)
	mustBe(t, err, contract.ErrInvalid, `recommender plugin "copied" is there, but not executable: chmod +x `+path)
	list, err := h.List()
	if err != nil || len(list) != 4 { // with the three fakes
		t.Errorf("list %v, error %v", list, err)
	}
}

func TestAPluginThatIsKilledWhileItStartsSaysSo(t *testing.T) {
	h := newHost(t)
	fakeBinary(t, h, "large", "echo 'so much to load' >&2; kill -9 $$")
	_, err := h.Recommender(t.Context(), "large", nil)
	mustBe(t, err, contract.ErrDied, "plugin large", "did not start: signal killed, as the kernel sends when memory runs out", "so much to load")
}

func TestAWrongHandshakeIsShownWithWhatIsExpected(t *testing.T) {
	h := contracttest.Host(t, host.Options{StartTimeout: 5 * time.Second}, fakes()...)
	for name, c := range map[string]struct{ line, want string }{
		"talker": {"Loading the model ...", `its first line on stdout is "Loading the model ..."; expected 1|`},
		"older":  {"1|0|unix|/tmp/s|grpc|x", `its handshake has contract version "0", expected `},
		"open":   {fmt.Sprintf("1|%d|unix|/tmp/s|grpc|", contract.KindRecommender.Version()), "no certificate in the sixth field"},
	} {
		fakeBinary(t, h, name, fmt.Sprintf("echo '%s'; exec sleep 60", c.line))
		_, err := h.Recommender(t.Context(), name, nil)
		mustBe(t, err, contract.ErrUnsupported, "plugin "+name, "did not shake hands", c.want)
	}
}

func TestABinaryThatChangedSinceItWasSummedIsRefused(t *testing.T) {
	h := newHost(t)
	path := fakeBinary(t, h, "changing", "exit 1")
	if _, err := h.Recommender(t.Context(), "changing", nil); !errors.Is(err, contract.ErrDied) {
		t.Fatalf("error %v", err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	fakeBinary(t, h, "changing", "exit 2") // as long and as old as before
	if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
		t.Fatal(err)
	}
	_, err = h.Recommender(t.Context(), "changing", nil)
	mustBe(t, err, contract.ErrBadData, "changed while it was being started")
}
