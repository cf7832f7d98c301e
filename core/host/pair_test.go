package host_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/pluginrpc"
)

func TestAPluginIsGivenAPairThatOnlyItsUserCanRead(t *testing.T) {
	shortTemp(t)
	r := recommender(t, "")
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(r.PID()), "environ"))
	if err != nil {
		t.Skipf("NOT PROVED HERE: what environment a plugin has; there is no /proc (%v)", err)
	}
	_, rest, _ := strings.Cut(string(raw), pluginrpc.EnvPair+"=")
	path, _, _ := strings.Cut(rest, "\x00")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%q: %v, error %v", path, info, err)
	}
	if _, err := tls.LoadX509KeyPair(path, path); err != nil {
		t.Error(err)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the pair is still there after the end of the plugin: %v", err)
	}
}
