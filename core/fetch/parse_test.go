package fetch

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Thu, 01 Jan 2026 03:05:05 GMT": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"config.json", "a/b.gguf", "../x", "/x", "a/../../b", `a\b`, "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if !PlainPath(path) {
			return
		}
		if !filepath.IsLocal(path) || filepath.Clean(path) != path || strings.ContainsAny(path, "\x00\n\x1b\\") {
			t.Errorf("%q is let through", path)
		}
	})
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 7-9/10", int64(10))
	f.Add("bytes */10", int64(10))
	f.Add("bytes 7-9/*", int64(UnknownSize))
	f.Add("bytes 7-9/-3", int64(UnknownSize))
	f.Fuzz(func(t *testing.T, contentRange string, size int64) {
		size = max(size, UnknownSize)
		one := &part{size: size, have: 7}
		if !one.continues(contentRange) {
			return
		}
		if !strings.HasPrefix(contentRange, "bytes ") || size != UnknownSize && one.size != size {
			t.Errorf("%q goes on at 7 of %d", contentRange, size)
		}
		if size == UnknownSize && one.size != UnknownSize && one.size < 7 {
			t.Errorf("%q says that the file has %d bytes, of which 7 are there", contentRange, one.size)
		}
	})
}
