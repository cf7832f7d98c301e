package experiment

import (
	"cmp"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"cllm4rec/core/disk"

	"github.com/google/renameio/v2"
)

// Bounds of the memo.
const (
	memoLeast = 1 << 20 // bytes of a file that is worth remembering
	memoMost  = 2000    // files; those used longest ago are forgotten
	memoBytes = 4 << 20 // of the memo's own file
)

// memo remembers the digests of large files, by everything that the system tells
// about a file, in a file of the user's cache folder. It saves time and decides
// nothing: without it, or with a damaged one, files are digested again.
type memo struct {
	path    string // "" without a cache folder
	now     func() time.Time
	entries map[string]memoEntry // by absolute path
	changed bool
}

// memoEntry is one remembered digest.
type memoEntry struct {
	Stamp  disk.Stamp `json:"stamp"`
	Used   int64      `json:"used"` // Unix seconds
	SHA256 string     `json:"sha256"`
}

// openMemo reads the memo of this user; what is damaged in it is left out.
func openMemo() *memo {
	m := &memo{now: time.Now, entries: map[string]memoEntry{}}
	if dir, err := os.UserCacheDir(); err == nil {
		m.path = filepath.Join(dir, "cllm4rec", "digests.json")
		m.entries = readMemo(m.path)
	}
	return m
}

var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

// readMemo reads a memo's file; a missing or damaged one is empty.
func readMemo(path string) map[string]memoEntry {
	entries := map[string]memoEntry{}
	f, err := openRegular(path)
	if err != nil {
		return entries
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, memoBytes))
	if err != nil || json.Unmarshal(raw, &entries) != nil || entries == nil {
		return map[string]memoEntry{}
	}
	for path, e := range entries {
		if !sha256Form.MatchString(e.SHA256) {
			delete(entries, path)
		}
	}
	return entries
}

// recall is the digest of a file that has not changed since it was remembered.
func (m *memo) recall(path string, s disk.Stamp) (string, bool) {
	path, err := filepath.Abs(path)
	e, known := m.entries[path]
	if err != nil || !known || e.Stamp != s || !s.Settled(m.now()) {
		return "", false
	}
	if now := m.now().Unix(); now-e.Used > int64(24*time.Hour/time.Second) {
		e.Used, m.entries[path], m.changed = now, e, true
	}
	return e.SHA256, true
}

// remember keeps the digest of a large file. A file that changed a moment ago may
// change again without another time, so it is not remembered.
func (m *memo) remember(path string, s disk.Stamp, digest string) {
	path, err := filepath.Abs(path)
	if err != nil || s.Size < memoLeast || !s.Settled(m.now()) {
		return
	}
	m.entries[path], m.changed = memoEntry{s, m.now().Unix(), digest}, true
}

// save writes the memo, with what other processes wrote meanwhile. A cache that
// cannot be written costs time at the next planning and nothing else, so this
// tells nobody.
func (m *memo) save() {
	if !m.changed || m.path == "" {
		return
	}
	all := readMemo(m.path)
	for path, e := range m.entries {
		if old, known := all[path]; !known || old.Used <= e.Used {
			all[path] = e
		}
	}
	raw, err := json.Marshal(latest(all))
	if err == nil && os.MkdirAll(filepath.Dir(m.path), 0o755) == nil {
		_ = renameio.WriteFile(m.path, raw, 0o644, renameio.WithTempDir(filepath.Dir(m.path)))
	}
	m.changed = false
}

// latest drops the entries used longest ago beyond memoMost.
func latest(entries map[string]memoEntry) map[string]memoEntry {
	paths := keys(entries)
	if len(paths) <= memoMost {
		return entries
	}
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(entries[b].Used, entries[a].Used) })
	out := make(map[string]memoEntry, memoMost)
	for _, path := range paths[:memoMost] {
		out[path] = entries[path]
	}
	return out
}
