package conformance

import (
	"context"
	"crypto/tls"
	"syscall"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/pluginrpc"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// patienceWithEnds bounds how long a process may take to end.
const patienceWithEnds = 10 * time.Second

// Process checks what makes a program a plugin, whatever its kind: who may call it, its
// health, its signals, and that it does not outlive its runner.
func Process(t T, h *host.Host, kind contract.Kind, name string) {
	start := func(t T) (*host.Running[contract.Plugin], host.Probe) {
		r, probe, err := h.Probed(t.Context(), kind, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(probe.Discard)
		return r, probe
	}
	t.Run("its health service says that it serves", func(t T) {
		_, probe := start(t)
		if serving, err := probe.Healthy(t.Context()); err != nil || !serving {
			t.Errorf("grpc.health.v1.Health does not say that the service %q is SERVING (error %v): the runner takes such a plugin for hung", pluginrpc.Name, err)
		}
	})
	t.Run("it serves its runner and nobody else", func(t T) {
		_, probe := start(t)
		for who, c := range strangers(t) {
			if asks(t, probe.Socket(), c) == nil {
				t.Errorf("a client with %s is served: require a client certificate, with PLUGIN_CLIENT_CERT as the one root", who)
			}
		}
	})
	t.Run("it ignores SIGINT", func(t T) {
		r, probe := start(t)
		signalled(t, probe, syscall.SIGINT)
		time.Sleep(200 * time.Millisecond)
		if _, err := r.Plugin.Info(t.Context()); err != nil {
			t.Errorf("after SIGINT, which Ctrl-C sends to the whole terminal: %v", err)
		}
	})
	t.Run("it ends at SIGTERM", func(t T) {
		_, probe := start(t)
		signalled(t, probe, syscall.SIGTERM)
		if !probe.Ended(t.Context(), patienceWithEnds) {
			t.Errorf("it lives %s after SIGTERM", patienceWithEnds)
		}
	})
	t.Run("it ends when its runner has ended", func(t T) {
		_, probe := start(t)
		probe.Orphan()
		if !probe.Ended(t.Context(), patienceWithEnds) {
			t.Errorf("it lives %s after its runner: read from the descriptor that CLLM4REC_PLUGIN_PARENT names, and end at its end", patienceWithEnds)
		}
	})
}

func signalled(t T, probe host.Probe, s syscall.Signal) {
	t.Helper()
	if err := probe.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// strangers are clients that no plugin may serve.
func strangers(t T) map[string]credentials.TransportCredentials {
	t.Helper()
	other, _, err := pluginrpc.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	other.InsecureSkipVerify = true // the plugin is to refuse, not the client
	return map[string]credentials.TransportCredentials{
		"no TLS":                insecure.NewCredentials(),
		"no certificate":        credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}),
		"another's certificate": credentials.NewTLS(other),
	}
}

// asks asks the plugin behind a socket whether it is well.
func asks(t T, socket string, c credentials.TransportCredentials) error {
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
