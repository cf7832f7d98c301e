package hub

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/hub/hubtest"
)

// bench is a hub, a client and a folder.
type bench struct {
	*testing.T
	hub   *hubtest.Server
	model *hubtest.Model
	dir   string
	notes []string
	last  fetch.Progress
}

// noise is content that is the same in every run.
func noise(n int) []byte {
	source := rand.New(rand.NewPCG(1, uint64(n)))
	content := make([]byte, n)
	for i := range content {
		content[i] = byte(source.Uint32())
	}
	return content
}

func tiny() map[string][]byte {
	return map[string][]byte{
		"config.json": []byte(`{"model_type": "gpt2"}`), "vocab.json": []byte(`{"a": 0}`), "merges.txt": nil,
		"model.safetensors": noise(1 << 20), "pytorch_model.bin": noise(1000), "tf_model.h5": noise(10),
		"onnx/model.onnx": noise(10), "README.md": []byte("# tiny"), "flax_model.msgpack": noise(10),
	}
}

func newBench(t *testing.T, files map[string][]byte) *bench {
	b := &bench{T: t, hub: hubtest.New(t), dir: filepath.Join(t.TempDir(), "model")}
	b.model = b.hub.Add("some/model", files)
	return b
}

func (b *bench) client(token string) *Client {
	b.Helper()
	c, err := New(Options{
		Endpoint: b.hub.URL, Token: token,
		Patience: fetch.Patience{Attempts: 4, Wait: time.Millisecond, MaxWait: 3 * time.Second, Stall: time.Second},
		Note:     func(format string, a ...any) { b.notes = append(b.notes, fmt.Sprintf(format, a...)) },
		Progress: func(p fetch.Progress) { b.last = p },
	})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) get() (*Got, error) {
	b.Helper()
	return b.client("").Get(b.Context(), Want{Repo: "some/model", Folder: b.dir})
}

func (b *bench) mustGet() *Got {
	b.Helper()
	got, err := b.get()
	if err != nil {
		b.Fatal(err)
	}
	return got
}

// fails wants an error of a kind (nil: of none that the user can mend) with texts in it.
func (b *bench) fails(err, kind error, texts ...string) {
	b.Helper()
	if err == nil {
		b.Fatal("no error")
	}
	if kind != nil && !errors.Is(err, kind) || kind == nil && contract.IsBadInput(err) {
		b.Errorf("got the wrong kind of error: %v", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			b.Errorf("no %q in: %v", text, err)
		}
	}
}

// names lists what is in the folder, hidden files too.
func (b *bench) names() []string {
	b.Helper()
	var names []string
	entries, err := os.ReadDir(b.dir)
	if err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (b *bench) holds(name string, want []byte) {
	b.Helper()
	got, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil || string(got) != string(want) {
		b.Errorf("%s: %v, %d bytes, want %d", name, err, len(got), len(want))
	}
}

// whole checks a finished folder.
func (b *bench) whole() {
	b.Helper()
	want := []string{ManifestName, "config.json", "merges.txt", "model.safetensors", "vocab.json"}
	if names := b.names(); !slices.Equal(names, want) {
		b.Errorf("the folder holds %v", names)
	}
	b.holds("model.safetensors", b.model.Files["model.safetensors"])
	if _, err := Verify(b.Context(), b.dir, nil); err != nil {
		b.Error(err)
	}
}

// asked counts requests for content.
func (b *bench) asked() int {
	n := 0
	for _, r := range b.hub.Requests() {
		if strings.Contains(r.Path, "/resolve/") {
			n++
		}
	}
	return n
}

func TestGetBringsWhatABackboneNeedsAndNothingElse(t *testing.T) {
	b := newBench(t, tiny())
	got := b.mustGet()
	b.whole()
	if got.Commit != b.model.Commit || got.Downloaded != 4 || got.Repo != "some/model" {
		t.Errorf("got %+v", got)
	}
	if b.last.Done != b.last.Total || b.last.Total != got.Files.Bytes() {
		t.Errorf("the last progress is %+v of %d bytes", b.last, got.Files.Bytes())
	}
	for _, r := range b.hub.Requests() {
		if strings.Contains(r.Path, "/resolve/") && !strings.Contains(r.Path, b.model.Commit) {
			t.Errorf("%s is not at the commit", r.Path)
		}
	}
}

func TestASecondGetChecksAndDownloadsNothing(t *testing.T) {
	b := newBench(t, tiny())
	b.mustGet()
	b.hub.Forget()
	if got := b.mustGet(); got.Downloaded != 0 || b.asked() != 0 {
		t.Errorf("%d downloaded, %d requests for content", got.Downloaded, b.asked())
	}
	b.whole()
}

func TestADamagedFileIsFoundAndDownloadedAgain(t *testing.T) {
	b := newBench(t, tiny())
	b.mustGet()
	damaged := slices.Clone(b.model.Files["model.safetensors"])
	damaged[77] ^= 1
	if err := os.WriteFile(filepath.Join(b.dir, "model.safetensors"), damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.dir, "vocab.json")); err != nil {
		t.Fatal(err)
	}
	_, err := Verify(t.Context(), b.dir, nil)
	b.fails(err, contract.ErrBadData, "model.safetensors has another SHA-256", "vocab.json is missing", "mend it: cllm4rec models get some/model --revision "+b.model.Commit)
	if got := b.mustGet(); got.Downloaded != 2 {
		t.Errorf("%d downloaded", got.Downloaded)
	}
	b.whole()
}

func TestANewCommitReplacesOnlyWhatChanged(t *testing.T) {
	b := newBench(t, tiny())
	b.mustGet()
	files := tiny()
	files["model.safetensors"] = noise(1<<20 + 5)
	delete(files, "vocab.json")
	b.model = b.hub.Add("some/model", files)
	b.hub.BreakFiles(func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(404); return true })
	_, err := b.get()
	b.fails(err, nil, "404")
	_, err = Verify(t.Context(), b.dir, nil)
	b.fails(err, contract.ErrBadData, "a download of commit "+b.model.Commit[:12]+" was interrupted")
	b.hub.BreakFiles(nil)
	if got := b.mustGet(); got.Downloaded != 1 || got.Commit != b.model.Commit {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(b.names(), []string{ManifestName, "config.json", "merges.txt", "model.safetensors"}) {
		t.Errorf("the folder holds %v", b.names())
	}
	if !slices.ContainsFunc(b.notes, func(n string) bool { return strings.Contains(n, "updating") }) {
		t.Errorf("nothing tells of the update: %q", b.notes)
	}
}

func TestAnotherFormatReplacesTheWeights(t *testing.T) {
	b := newBench(t, tiny())
	b.mustGet()
	if _, err := b.client("").Get(t.Context(), Want{Repo: "some/model", Folder: b.dir, Format: Bin}); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(b.names(), "model.safetensors") || !slices.Contains(b.names(), "pytorch_model.bin") {
		t.Errorf("the folder holds %v", b.names())
	}
}

func TestAFileOfTheUsersIsNeverReplaced(t *testing.T) {
	b := newBench(t, tiny())
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(b.dir, "model.safetensors")
	if err := os.WriteFile(mine, []byte("finetuned for a week"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := b.get()
	b.fails(err, contract.ErrInvalid, mine, "--to")
	b.holds("model.safetensors", []byte("finetuned for a week"))
	if !slices.Equal(b.names(), []string{"model.safetensors"}) {
		t.Errorf("the folder holds %v", b.names())
	}
}

func TestFilesThatAreThereWithoutAManifestAreAdopted(t *testing.T) {
	b := newBench(t, tiny())
	b.mustGet()
	if err := os.Remove(filepath.Join(b.dir, ManifestName)); err != nil {
		t.Fatal(err)
	}
	if got := b.mustGet(); got.Downloaded != 0 {
		t.Errorf("%d downloaded", got.Downloaded)
	}
	b.whole()
}
