package hub

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestTheListOfFilesIsReadPageByPage(t *testing.T) {
	b := newBench(t, tiny())
	b.hub.PageSize = 2
	b.mustGet()
	b.whole()
	pages := 0
	for _, r := range b.hub.Requests() {
		if strings.Contains(r.Path, "/tree/") {
			pages++
		}
	}
	if pages != 5 {
		t.Errorf("%d pages for 10 entries", pages)
	}
}

func TestShardsComeWithTheirIndex(t *testing.T) {
	files := map[string][]byte{
		"config.json":                      []byte(`{}`),
		"model.safetensors.index.json":     []byte(`{"metadata": {}, "weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors", "c": "model-1-of-2.safetensors"}}`),
		"model-1-of-2.safetensors":         noise(5000),
		"model-2-of-2.safetensors":         noise(6000),
		"consolidated.safetensors":         noise(10),
		"pytorch_model.bin.index.json":     []byte(`{"weight_map": {"a": "pytorch_model-1-of-1.bin"}}`),
		"pytorch_model-1-of-1.bin":         noise(10),
		"original/consolidated.00.pth":     noise(10),
		"original/tokenizer.model":         noise(10),
		"model.safetensors.index.json.bak": noise(10),
	}
	b := newBench(t, files)
	b.mustGet()
	if want := []string{ManifestName, "config.json", "model-1-of-2.safetensors", "model-2-of-2.safetensors", "model.safetensors.index.json"}; !slices.Equal(b.names(), want) {
		t.Errorf("the folder holds %v", b.names())
	}
}

func TestAGGUFFileIsTakenByName(t *testing.T) {
	b := newBench(t, map[string][]byte{"a/model.Q4_0.gguf": noise(3000), "a/model.Q8_0.gguf": noise(10), "README.md": nil})
	_, err := b.get()
	b.fails(err, contract.ErrUnsupported, "no weights in the format auto", "--format gguf:a/model.Q4_0.gguf")
	_, err = b.client("").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir, Format: "gguf:a/model.Q4_1.gguf"})
	b.fails(err, contract.ErrNotFound, `did you mean "a/model.Q4_0.gguf"`)
	if names := b.names(); names != nil {
		t.Errorf("the folder holds %v", names)
	}
	if _, err := b.client("").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir, Format: "gguf:a/model.Q4_0.gguf"}); err != nil {
		t.Fatal(err)
	}
	b.holds("a/model.Q4_0.gguf", noise(3000))
}

func TestNamesAreCheckedBeforeAnythingIsAsked(t *testing.T) {
	b := newBench(t, tiny())
	for repo, hint := range map[string]string{
		"gpt2": "OWNER/NAME", "": "OWNER/NAME", "a/b/c": "OWNER/NAME", "../etc": "OWNER/NAME", "a/..": "OWNER/NAME", "a/b?x": "OWNER/NAME",
		"https://huggingface.co/openai-community/gpt2": `did you mean "openai-community/gpt2"?`,
	} {
		_, err := b.client("").Get(t.Context(), Want{Repo: repo, Folder: b.dir})
		b.fails(err, contract.ErrInvalid, hint)
	}
	_, err := b.client("").Get(t.Context(), Want{Repo: "some/model", Format: "safetensor", Folder: b.dir})
	b.fails(err, contract.ErrInvalid, `did you mean "safetensors"`)
	if n := len(b.hub.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	for _, endpoint := range []string{"", "huggingface.co", "ftp://x", "https://user:secret@x", "https://x?y"} {
		if _, err := New(Options{Endpoint: endpoint}); !errors.Is(err, contract.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

func TestListTellsWhatIsThere(t *testing.T) {
	b := newBench(t, tiny())
	models := t.TempDir()
	for _, name := range []string{"some/model", "some/other"} {
		b.hub.Add(name, tiny())
		if _, err := b.client("").Get(t.Context(), Want{Repo: name, Folder: filepath.Join(models, name)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(models, "some/other/model.safetensors.part"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(models, "some/model"), filepath.Join(models, "linked")); err != nil {
		t.Fatal(err)
	}
	found, err := List(models)
	if err != nil || len(found) != 3 {
		t.Fatalf("%v, %+v", err, found)
	}
	for i, problem := range []string{"", "", "download unfinished"} {
		m := found[i]
		if m.Type != "gpt2" || m.Manifest.Commit != b.model.Commit || m.Bytes < 1<<20 || m.Problem != problem {
			t.Errorf("got %+v", m)
		}
	}
	if _, err := List(filepath.Join(models, "none")); !errors.Is(err, contract.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
