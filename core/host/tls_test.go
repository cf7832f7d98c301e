package host_test

import (
	"context"
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cllm4rec/core/pluginrpc"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// socketOf finds the socket of the one plugin of this test's folder for temporary files.
func socketOf(t *testing.T, tmp string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(tmp, "cllm4rec-run-*", "p*", "plugin*"))
	for _, path := range found {
		if info, statErr := os.Stat(path); statErr == nil && info.Mode()&os.ModeSocket != 0 {
			return path
		}
	}
	t.Fatalf("no socket among %v, %v", found, err)
	return ""
}

// asks asks the plugin behind a socket whether it is well.
func asks(t *testing.T, socket string, c credentials.TransportCredentials) error {
	t.Helper()
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: pluginrpc.Name})
	return err
}

func TestOnlyTheHostOfAPluginMayCallIt(t *testing.T) {
	tmp, err := os.MkdirTemp("", "t") // short enough for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	t.Setenv("TMPDIR", tmp)
	r := recommender(t, "")
	socket := socketOf(t, tmp)
	stranger, _, err := pluginrpc.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	nobody := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	stranger.InsecureSkipVerify = true // the plugin is to refuse, not this client
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}
	for name, c := range map[string]credentials.TransportCredentials{
		"no TLS": insecure.NewCredentials(), "no certificate": credentials.NewTLS(nobody),
		"another's certificate": credentials.NewTLS(stranger), "TLS 1.1": credentials.NewTLS(old),
	} {
		if err := asks(t, socket, c); err == nil {
			t.Errorf("a client with %s is served", name)
		}
	}
	if err := r.Plugin.Fit(t.Context(), spec(), train(1), nil); err != nil {
		t.Errorf("the plugin's own host is refused: %v", err)
	}
}
