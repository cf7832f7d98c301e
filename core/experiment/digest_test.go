package experiment

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// newMemo is an empty memo in a folder of its own, whose clock runs so far ahead.
func newMemo(t *testing.T, ahead time.Duration) *memo {
	t.Helper()
	return &memo{
		path: filepath.Join(t.TempDir(), "cache", "digests.json"), entries: map[string]memoEntry{},
		now: func() time.Time { return time.Now().Add(ahead) },
	}
}

func mustDigest(t *testing.T, m *memo, path string) string {
	t.Helper()
	sum, err := digester{m}.digest(path)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestOneChangedByteInALargeFileIsAnotherDigest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	const size = 294 << 20
	if err := f.Truncate(size); err != nil { // sparse: it takes no space
		t.Fatal(err)
	}
	m := newMemo(t, time.Hour)
	before := mustDigest(t, m, path)
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{1}, size/3); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil { // as a tool that keeps times leaves it
		t.Fatal(err)
	}
	if after := mustDigest(t, m, path); after == before {
		t.Error("the digest did not change")
	}
}

// forged is a memo that holds a wrong digest of a file, so that it shows whether
// it was asked.
func forged(t *testing.T, m *memo, path string) string {
	t.Helper()
	mustDigest(t, m, path)
	e, known := m.entries[path]
	if !known {
		t.Fatal("the digest was not remembered")
	}
	e.SHA256 = strings.Repeat("a", 64)
	m.entries[path] = e
	return e.SHA256
}

func large(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large")
	write(t, path, strings.Repeat("x", memoLeast))
	return path
}

func TestTheDigestOfAFolderDoesNotDependOnLinksThatLeadToIt(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write("one/config.json", "{}")
	write("one/parts/a.bin", "a")
	write("two/config.json", "{}")
	link("one", "linked")
	link("one/parts", "two/parts")
	m := newMemo(t, 0)
	one := mustDigest(t, m, filepath.Join(dir, "one"))
	for _, same := range []string{"linked", "two"} {
		if got := mustDigest(t, m, filepath.Join(dir, same)); got != one {
			t.Errorf("%s has another digest than the folder of the same files", same)
		}
	}
	write("one/parts/a.bin", "b")
	for _, other := range []string{"linked", "two"} {
		if got := mustDigest(t, m, filepath.Join(dir, other)); got == one {
			t.Errorf("%s has the digest of before a file changed behind a link", other)
		}
	}
	link("one", "one/loop")
	if _, err := (digester{m}).digest(filepath.Join(dir, "linked")); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "loop leads back to") {
		t.Errorf("a folder that is linked into itself: %v", err)
	}
}

func TestARememberedDigestIsTakenUntilTheFileChanges(t *testing.T) {
	path, m := large(t), newMemo(t, time.Hour)
	wrong := forged(t, m, path)
	m.save()
	again := &memo{path: m.path, now: m.now, entries: readMemo(m.path)}
	if got := mustDigest(t, again, path); got != wrong {
		t.Error("the file was read again")
	}
	write(t, path, strings.Repeat("y", memoLeast))
	if got := mustDigest(t, again, path); got == wrong {
		t.Error("the digest of the old content was taken")
	}
}

func TestAFileThatChangedAMomentAgoIsReadAgain(t *testing.T) {
	path, m := large(t), newMemo(t, time.Hour)
	wrong := forged(t, m, path)
	m.now = time.Now
	if got := mustDigest(t, m, path); got == wrong {
		t.Error("the memo was trusted within two seconds of the last change")
	}
	fresh := newMemo(t, 0)
	if mustDigest(t, fresh, path); len(fresh.entries) != 0 {
		t.Error("a digest was remembered within two seconds of the last change")
	}
}

func TestADamagedMemoIsLeftOut(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "{", "another form": `["a"]`, "null": "null", "no digest": `{"/f": {"stamp": {}, "sha256": "abc"}}`,
		"cut": `{"/f": {"stamp": {"size": 1}, "sha256": "` + strings.Repeat("a", 64),
	} {
		path := filepath.Join(t.TempDir(), "digests.json")
		write(t, path, text)
		if got := readMemo(path); got == nil || len(got) != 0 {
			t.Errorf("%s: read as %v", name, got)
		}
	}
}

func TestTheMemoKeepsWhatOthersWroteAndStaysSmall(t *testing.T) {
	mine, other := newMemo(t, 0), newMemo(t, 0)
	other.path = mine.path
	sum := strings.Repeat("b", 64)
	other.entries["/other"], other.changed = memoEntry{Used: 5, SHA256: sum}, true
	other.save()
	for i := range memoMost {
		mine.entries[fmt.Sprintf("/mine/%d", i)] = memoEntry{Used: int64(i), SHA256: sum}
	}
	mine.changed = true
	mine.save()
	got := readMemo(mine.path)
	if _, kept := got["/other"]; len(got) != memoMost || !kept {
		t.Errorf("%d entries; the other's is kept: %v", len(got), kept)
	}
	if _, kept := got["/mine/0"]; kept {
		t.Error("the entry used longest ago is kept")
	}
}

func TestSpecialFilesAreRefusedAndNotWaitedFor(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "reviews.json")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Skipf("SKIPPED: no FIFO can be made here: %v", err)
	}
	for path, words := range map[string]string{fifo: "a pipe (FIFO)", "/dev/zero": "a device"} {
		if _, err := (digester{newMemo(t, 0)}).file(path); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(fmt.Sprint(err), words) {
			t.Errorf("%s: error %v, want %q", path, err, words)
		}
	}
}

func TestFilesThatChangeAfterThePlanAreNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.csv")
	write(t, path, "one")
	p := PluginPlan{Name: "table", Params: json.RawMessage(fmt.Sprintf(`{"path":%q}`, path))}
	of := schema.Of[pathParams]()
	var err error
	if p.Portable, err = (digester{openMemo()}).portable(of, p.Params); err != nil {
		t.Fatal(err)
	}
	if err := p.Unchanged(of); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	write(t, path, "another")
	if err := p.Unchanged(of); !errors.Is(err, contract.ErrBadData) || !strings.Contains(err.Error(), "files of plugin table changed after the plan was made") {
		t.Errorf("error %v", err)
	}
}
