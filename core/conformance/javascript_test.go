package conformance_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/contract/contracttest"
	"cllm4rec/core/host"
)

const javascriptManifest = "kind: recommender\nname: javascript\ncontract: 2\ncommand: [node, plugin.js]\nfiles: [plugin.js, core]\nenvironment: [NODE_PATH]\n"

// A plugin in JavaScript, written from the page and the protos without an SDK, keeps the
// contract.
func TestThePageSufficesForAnotherLanguage(t *testing.T) {
	if out, err := exec.Command("node", "-e", "require('@grpc/grpc-js'); require('@grpc/proto-loader')").CombinedOutput(); err != nil {
		t.Skipf("NOT PROVED HERE: that the page suffices for a plugin in JavaScript; node, with @grpc/grpc-js and @grpc/proto-loader in NODE_PATH, is not here (%v, %.200s)", err, out)
	}
	dir := t.TempDir()
	protos := filepath.Join(dir, "core", "pluginrpc", "v1")
	copied, err := filepath.Glob("../pluginrpc/v1/*.proto")
	if err := errors.Join(err, os.MkdirAll(protos, 0o755), os.WriteFile(filepath.Join(dir, "plugin.yaml"), []byte(javascriptManifest), 0o644)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"testdata/javascript/plugin.js": dir, copied[0]: protos, copied[1]: protos, copied[2]: protos, copied[3]: protos} {
		content, err := os.ReadFile(from)
		if err := errors.Join(err, os.WriteFile(filepath.Join(to, filepath.Base(from)), content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	h, err := host.Open(host.Options{Dirs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	conformance.Plugin(contracttest.T(t), h, contract.KindRecommender, "javascript", contract.Check{})
}
