package hub

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
	"cllm4rec/core/fetch/fetchtest"
)

func TestTwoAtOnceAreRefused(t *testing.T) {
	b := newBench(t, tiny())
	held, err := fetch.OpenFolder(b.dir, lockName)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.get()
	b.fails(err, contract.ErrInvalid, "another process is downloading to "+b.dir)
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, lockName), nil, 0o644); err != nil { // of a process that was killed
		t.Fatal(err)
	}
	b.mustGet()
	b.whole()
}

func TestAFullDiskIsSeenBeforeAndToldAfter(t *testing.T) {
	b := newBench(t, tiny())
	c := b.client("")
	c.free = func(string) (int64, error) { return 1000, nil }
	_, err := c.Get(t.Context(), Want{Repo: "some/model", Folder: b.dir})
	b.fails(err, nil, b.dir+" has no room: 1.0 MB are to be downloaded, 1.0 kB are free")
	if b.asked() != 0 || len(b.names()) != 0 {
		t.Errorf("%d requests for content, the folder holds %v", b.asked(), b.names())
	}
	fetchtest.LimitFiles(t, 900_000)
	_, err = b.get()
	b.fails(err, nil, "model.safetensors.part cannot be written", "file too large")
	if slices.Contains(b.names(), "model.safetensors") || slices.Contains(b.names(), ManifestName) || slices.Contains(b.names(), lockName) {
		t.Errorf("the folder holds %v", b.names())
	}
}

func TestAFolderThatIsAFileIsBadInput(t *testing.T) {
	b := newBench(t, tiny())
	if err := os.WriteFile(b.dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := b.get()
	b.fails(err, contract.ErrInvalid, b.dir, "a file in its way")
}
