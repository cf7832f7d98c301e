package main

import (
	"os"
	"slices"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/host"
)

// quick are shipped plugins that a whole check is done with in seconds: two of them need
// parameters for it, one a sample of files.
var quick = []string{"popularity", "synthetic", "table"}

// shipped are the programs among the plugins that `make build` makes.
func shipped(t *testing.T) (dir string, all []host.Binary, h *host.Host) {
	t.Helper()
	dir = os.Getenv("CLLM4REC_BUILT")
	if dir == "" {
		t.Skip("SKIPPED, NOT CHECKED: the shipped plugins; CLLM4REC_BUILT names no folder of them (make test does)")
	}
	h, err := host.Open(host.Options{Dirs: []string{dir}, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(t.Context()) })
	all, err = h.List()
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, host.Binary.HasManifest)
	if len(all) < 39 {
		t.Fatalf("%s has %d programs; 23 baselines, 12 datasets and 4 backbones ship", dir, len(all))
	}
	return dir, all, h
}

// A plugin that needs parameters has them with it.
func TestEveryShippedPluginSaysWhatItIsCheckedWith(t *testing.T) {
	_, all, h := shipped(t)
	for _, b := range all {
		r, err := h.Launch(t.Context(), b.Kind, b.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plugin.Configure(t.Context(), conformance.Laid(t, r.Info.Check).Params); err != nil {
			t.Errorf("%s %s: %v", b.Kind, b.Name, err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestShippedPluginsPassTheirCheckWithoutFlags(t *testing.T) {
	dir, all, _ := shipped(t)
	for _, b := range all {
		t.Run(string(b.Kind)+" "+b.Name, func(t *testing.T) {
			if os.Getenv("CLLM4REC_SLOW") == "" && !slices.Contains(quick, b.Name) {
				t.Skip("SKIPPED: the checks of all plugins take minutes; set CLLM4REC_SLOW=1")
			}
			s := newShell(t)
			s.plugins = dir
			s.expect(exitDone, "plugins", "check", b.Name, "--kind", string(b.Kind), "--quiet")
		})
	}
}
