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

// shortTemp is a folder for temporary files, short enough for the paths of sockets.
func shortTemp(t *testing.T) string {
	t.Helper()
	tmp, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	t.Setenv("TMPDIR", tmp)
	return tmp
}

func TestOnlyTheHostOfAPluginMayCallIt(t *testing.T) {
	tmp := shortTemp(t)
	r := recommender(t, "")
	refused := strangers(t)
	refused["no TLS"] = insecure.NewCredentials()
	refused["TLS 1.1"] = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	for name, c := range refused {
		if err := asks(t, socketOf(t, tmp), c); err == nil {
			t.Errorf("a client with %s is served", name)
		}
	}
	if err := r.Plugin.Fit(t.Context(), spec(), train(1), nil); err != nil {
		t.Errorf("the plugin's own host is refused: %v", err)
	}
}
