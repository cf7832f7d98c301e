// Package formatstest holds what the tests of readers of files share.
package formatstest

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// File is the path of a new file with this name and content, in a folder of its own.
func File[B string | []byte](t testing.TB, name string, content B) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Zipped is a text as one member of gzip.
func Zipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

// Zstd is a text as one frame of zstd.
func Zstd(text string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err) // it has no options that could be wrong
	}
	return string(z.EncodeAll([]byte(text), nil))
}
