package hub

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cllm4rec/core/hub/hubtest"
)

// TestTheServerOfTheseTestsIsWhatTheHubsOwnClientExpects downloads with huggingface_hub
// (release 0.36 or alike) what Get downloads, and compares.
func TestTheServerOfTheseTestsIsWhatTheHubsOwnClientExpects(t *testing.T) {
	python := os.Getenv("PEER_PYTHON")
	if python == "" || exec.Command(python, "-c", "import huggingface_hub").Run() != nil {
		t.Skip("SKIPPED: set PEER_PYTHON to a Python with huggingface_hub to hold the test server against it")
	}
	b := newBench(t, tiny())
	b.hub.PageSize = 2
	b.mustGet()
	home := t.TempDir()
	const script = `
import json, huggingface_hub as h
api = h.HfApi()
folder = h.snapshot_download("some/model", allow_patterns=["*.json", "*.txt", "*.safetensors"])
tree = {f.path: [f.size, f.lfs.sha256 if f.lfs else None, f.blob_id] for f in api.list_repo_tree("some/model", recursive=True) if hasattr(f, "size")}
errors = []
for name, revision in (("some/none", "main"), ("some/model", "none")):
    try: api.model_info(name, revision=revision)
    except Exception as e: errors.append(type(e).__name__)
print(json.dumps({"folder": folder, "tree": tree, "errors": errors}))
`
	command := exec.Command(python, "-c", script)
	command.Env = append(os.Environ(), "HF_ENDPOINT="+b.hub.URL, "HF_HOME="+home, "HF_HUB_DISABLE_PROGRESS_BARS=1", "HF_HUB_DISABLE_XET=1", "HF_TOKEN=")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	var got struct {
		Folder string
		Tree   map[string][]any
		Errors []string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if filepath.Base(got.Folder) != b.model.Commit || len(got.Tree) != len(b.model.Files) || strings.Join(got.Errors, " ") != "HfHubHTTPError RevisionNotFoundError" { // a 401 is a RepositoryNotFoundError at https addresses alone
		t.Errorf("got %+v", got)
	}
	for _, name := range []string{"config.json", "vocab.json", "merges.txt", "model.safetensors"} {
		content, err := os.ReadFile(filepath.Join(got.Folder, name))
		if err != nil {
			t.Error(err)
		}
		b.holds(name, content)
	}
	for path, facts := range got.Tree {
		content := b.model.Files[path]
		if facts[0] != float64(len(content)) || facts[1] != nil && facts[1] != hubtest.SHA256(content) || facts[1] == nil && facts[2] != hubtest.Blob(content) {
			t.Errorf("%s: %v", path, facts)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"repo":"a/b","revision":"main","commit":"` + strings.Repeat("0", 40) + `","endpoint":"https://x","format":"auto","files":[{"name":"a","size":1,"sha256":"` + strings.Repeat("0", 64) + `"}]}`))
	f.Add([]byte(`{"commit": 3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest(raw)
		if err != nil {
			return
		}
		for _, e := range m.Files {
			if !filepath.IsLocal(e.Name) || e.Size < 0 {
				t.Errorf("%+v is let through", e)
			}
		}
	})
}

func FuzzNextPage(f *testing.F) {
	f.Add(`<https://h/api/models/a/b/tree/main?cursor=x>; rel="next"`)
	f.Add(`<:>; rel=next`)
	f.Fuzz(func(t *testing.T, link string) {
		query, err := nextQuery(http.Header{"Link": {link}})
		if err == nil && strings.ContainsAny(query, "<>#") {
			t.Errorf("%q is the query of %q", query, link)
		}
	})
}
