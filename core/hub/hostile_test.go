package hub

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/hub/hubtest"
)

func TestTheTokenGoesToTheHubAlone(t *testing.T) {
	b := newBench(t, tiny())
	b.hub.Token, b.model.Gated = "hf_secret", true
	if _, err := b.client("hf_secret").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir}); err != nil {
		t.Fatal(err)
	}
	b.whole()
	for _, r := range b.hub.Requests() {
		if want := map[string]string{"hub": "Bearer hf_secret"}[r.Host]; r.Authorization != want {
			t.Errorf("%s %s got %q", r.Host, r.Path, r.Authorization)
		}
	}
	var told []string
	c, err := New(Options{Endpoint: "http://mirror.example", Token: "hf_secret", Note: func(f string, a ...any) { told = append(told, fmt.Sprintf(f, a...)) }})
	if err != nil || c.token != "" || len(told) != 1 || strings.Contains(told[0], "secret") {
		t.Errorf("on a plain connection: %v, %q", err, told)
	}
}

func TestTheTokenDoesNotComeBackAfterAForeignHost(t *testing.T) {
	b := newBench(t, tiny())
	b.hub.Token = "hf_secret"
	b.hub.BreakFiles(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, b.hub.URL+"/back", http.StatusFound)
		return true
	})
	b.hub.BreakHub(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/back" {
			_, _ = w.Write(b.model.Files["model.safetensors"])
		}
		return r.URL.Path == "/back"
	})
	if _, err := b.client("hf_secret").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir}); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.hub.Requests() {
		if r.Path == "/back" && r.Authorization != "" {
			t.Errorf("%s got %q", r.Path, r.Authorization)
		}
	}
}

func TestAForeignNextPageIsNotVisited(t *testing.T) {
	b := newBench(t, tiny())
	b.hub.BreakHub(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/tree/") && r.URL.Query().Get("cursor") == "" {
			w.Header().Set("Link", `<https://elsewhere.invalid/steal?cursor=0>; rel="next"`)
			_, _ = w.Write([]byte("[]"))
			return true
		}
		return false
	})
	b.mustGet()
	b.whole()
}

func TestHostileNamesAreRefused(t *testing.T) {
	for _, name := range []string{"../x", "/etc/x", "a/../../b", "a//b", `a\b`, "a\x00b", ".", "", "a/./b", "C:x", "x\x1b[2J"} {
		b := newBench(t, tiny())
		b.model.Lie = func(entries []hubtest.Entry) []hubtest.Entry {
			return append(entries, hubtest.Entry{Type: "file", OID: strings.Repeat("a", 40), Path: name})
		}
		_, err := b.get()
		b.fails(err, contract.ErrBadData, "no plain path inside a folder")
		if names := b.names(); names != nil {
			t.Errorf("%q: the folder holds %v", name, names)
		}
	}
	for _, shard := range []string{"../model.safetensors", "none.safetensors", "config.json", "sub/model.safetensors"} {
		b := newBench(t, map[string][]byte{
			"config.json": nil, "sub/model.safetensors": noise(3),
			"model.safetensors.index.json": fmt.Appendf(nil, `{"weight_map": {"a": %q}}`, shard),
		})
		_, err := b.get()
		b.fails(err, contract.ErrBadData, "model.safetensors.index.json", fmt.Sprintf("%q", shard))
	}
	b := newBench(t, tiny())
	b.model.Lie = func(entries []hubtest.Entry) []hubtest.Entry {
		entries[1].OID = "none"
		return entries
	}
	_, err := b.get()
	b.fails(err, contract.ErrBadData, "no size and checksum of")
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model.safetensors", "model.safetensors.part", "model.safetensors.part.etag", lockName} {
		b := newBench(t, tiny())
		if err := os.MkdirAll(b.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(b.dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.get(); err == nil || !strings.Contains(err.Error(), b.dir) {
			t.Errorf("%s: got %v", name, err)
		}
		if text, err := os.ReadFile(outside); err != nil || string(text) != "precious" {
			t.Fatalf("%s: the file outside holds %q", name, text)
		}
	}
	b := newBench(t, map[string][]byte{"a/model.gguf": noise(100)})
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(b.dir, "a")); err != nil {
		t.Fatal(err)
	}
	_, err := b.client("").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir, Format: "gguf:a/model.gguf"})
	b.fails(err, nil, "a/model.gguf")
	if entries, _ := os.ReadDir(filepath.Dir(outside)); len(entries) != 1 {
		t.Errorf("the folder outside holds %v", entries)
	}
}
