package host_test

import (
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/pluginrpc"
	v1 "cllm4rec/core/pluginrpc/v1"

	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"
)

//go:embed testdata/plugin.py
var pythonPlugin string

// python is an interpreter that has grpcio: PEER_PYTHON, or else python3.
func python(t *testing.T) string {
	t.Helper()
	name := os.Getenv("PEER_PYTHON")
	if name == "" {
		name = "python3"
	}
	path, err := exec.LookPath(name)
	if err == nil {
		err = exec.Command(path, "-c", "import grpc").Run()
	}
	if err != nil {
		t.Skipf("NOT PROVED HERE: that a Python plugin is served and guarded. %s has no grpcio (%v); set PEER_PYTHON to an interpreter that has", name, err)
	}
	return path
}

// writePythonPlugin puts the plugin "pythonic" into the host's folder.
func writePythonPlugin(t *testing.T, h *host.Host) {
	t.Helper()
	folder := filepath.Join(h.Dirs()[0], host.Folder(contract.KindRecommender))
	beside := filepath.Join(folder, "python")
	identity, certificate, err := pluginrpc.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, keyErr := x509.MarshalPKCS8PrivateKey(identity.Certificates[0].PrivateKey)
	info, infoErr := proto.Marshal(&v1.InfoReply{Kind: v1.Kind_KIND_RECOMMENDER, Name: "pythonic", Version: "1", ContractVersion: int32(contract.KindRecommender.Version())})
	err = errors.Join(keyErr, infoErr, os.MkdirAll(beside, 0o755),
		os.WriteFile(filepath.Join(folder, "pythonic"), []byte("#!"+python(t)+"\n"+pythonPlugin), 0o755),
		os.WriteFile(filepath.Join(beside, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), 0o600),
		os.WriteFile(filepath.Join(beside, "cert.pem"), []byte(certificate), 0o644),
		os.WriteFile(filepath.Join(beside, "info"), info, 0o644),
		os.WriteFile(filepath.Join(beside, "version"), []byte(strconv.Itoa(contract.KindRecommender.Version())), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

// grpcio demands the client's certificate and takes P-256 from it; with go-plugin's own
// pairs, on P-521, this plugin's handshake ends.
func TestAPluginInPythonIsServedAndRefusesStrangers(t *testing.T) {
	tmp := shortTemp(t)
	h := newHost(t)
	writePythonPlugin(t, h)
	r, err := h.Launch(t.Context(), contract.KindRecommender, "pythonic")
	if err != nil {
		t.Fatal(err)
	}
	if r.Info.Name != "pythonic" || r.Info.Kind != contract.KindRecommender {
		t.Errorf("it says %+v", r.Info)
	}
	for name, c := range strangers(t) {
		if err := asks(t, socketOf(t, tmp), c); err == nil {
			t.Errorf("a client with %s is served", name)
		}
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if alive(r.PID()) {
		t.Error("it lives")
	}
	if words := strings.Join(r.StderrTail(), "\n"); words != "" {
		t.Logf("its stderr: %s", words)
	}
}

// strangers are clients that no plugin may serve.
func strangers(t *testing.T) map[string]credentials.TransportCredentials {
	t.Helper()
	other, _, err := pluginrpc.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	other.InsecureSkipVerify = true // the plugin is to refuse, not the client
	nobody := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	return map[string]credentials.TransportCredentials{
		"no certificate": credentials.NewTLS(nobody), "another's certificate": credentials.NewTLS(other),
	}
}
