// Package contracttest holds what every plugin of a kind must do as a suite of
// tests, and fakes of each kind that fail on demand.
//
// A plugin's own test file is short:
//
//	func TestMain(m *testing.M) { contracttest.Main(m, ease.New()) }
//
//	func TestContract(t *testing.T) {
//		contracttest.Recommender(t, ease.New)
//	}
//
// Each suite runs twice: in process, and across a real process with the real
// handshake. The process is the test binary itself, which Main turns into a
// plugin when the runner's environment is set.
package contracttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
	"cllm4rec/core/host"
	"cllm4rec/core/pluginrpc"
	"cllm4rec/core/sdk"
)

// Main runs the tests, or serves one of the plugins when a host started this
// test binary under that plugin's name. It does not return.
func Main(m *testing.M, plugins ...contract.Plugin) {
	if os.Getenv(pluginrpc.EnvCookie) == "" {
		os.Exit(m.Run())
	}
	name := filepath.Base(os.Args[0])
	for _, p := range plugins {
		if info, err := p.Info(context.Background()); err == nil && info.Name == name {
			serve(p)
		}
	}
	_, _ = fmt.Fprintf(os.Stderr, "contracttest.Main was not given the plugin %s\n", name)
	os.Exit(pluginrpc.ExitRefused)
}

func serve(p contract.Plugin) {
	switch p := p.(type) {
	case contract.Dataset:
		sdk.ServeDataset(p)
	case contract.Recommender:
		sdk.ServeRecommender(p)
	case contract.Backbone:
		sdk.ServeBackbone(p)
	}
}

// PluginDir makes a plugin folder in which the test binary stands for each of
// the plugins that TestMain gave to Main.
func PluginDir(t testing.TB, plugins ...contract.Plugin) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, p := range plugins {
		info, err := p.Info(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(dir, host.Folder(info.Kind))
		if err := errors.Join(os.MkdirAll(folder, 0o755), os.Symlink(self, filepath.Join(folder, info.Name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Host opens a host over PluginDir and closes it when the test ends. Options
// may be the zero value; their Dirs are replaced.
func Host(t testing.TB, options host.Options, plugins ...contract.Plugin) *host.Host {
	t.Helper()
	options.Dirs = []string{PluginDir(t, plugins...)}
	h, err := host.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// launch starts p's process and stops it when the test ends.
func launch[P contract.Plugin](t conformance.TB, h *host.Host, p P) P {
	t.Helper()
	info, err := p.Info(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	process, err := h.Launch(t.Context(), info.Kind, info.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := process.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return process.Plugin.(P)
}
