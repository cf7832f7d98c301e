package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cllm4rec/tools/libtorch/internal/console"
)

// zipOf returns an archive with the given files and its checksum.
func zipOf(t *testing.T, files map[string]string) (data []byte, sum string) {
	t.Helper()
	var buffer bytes.Buffer
	w := zip.NewWriter(&buffer)
	for name, text := range files {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(entry, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(buffer.Bytes())
	return buffer.Bytes(), hex.EncodeToString(hash[:])
}

// serve answers range requests, and tells how many bytes each answer had.
func serve(t *testing.T, data []byte) (url string, ranges *[]string) {
	t.Helper()
	ranges = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}))
	t.Cleanup(server.Close)
	return server.URL, ranges
}

func quiet() *console.Console { return console.New(io.Discard, time.Hour) }

func TestInstallGoesOnWithAPartialDownload(t *testing.T) {
	data, sum := zipOf(t, map[string]string{"libtorch/lib/a.so": "library", "libtorch/build-version": "2.5.1+cpu"})
	for _, have := range []int{0, 10, len(data)} {
		url, ranges := serve(t, data)
		folder := t.TempDir()
		partial := filepath.Join(folder, "libtorch-"+sum[:12]+".zip.part")
		if err := os.WriteFile(partial, data[:have], 0o644); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(folder, "libtorch")
		if err := (Archive{URL: url, SHA256: sum}).Install(folder, target, quiet()); err != nil {
			t.Fatalf("with %d bytes: %v", have, err)
		}
		got, err := os.ReadFile(filepath.Join(target, "lib/a.so"))
		if err != nil || string(got) != "library" {
			t.Errorf("with %d bytes: unpacked %q, %v", have, got, err)
		}
		if have > 0 && !strings.HasPrefix((*ranges)[0], "bytes=") {
			t.Errorf("with %d bytes: asked for everything again", have)
		}
	}
}

func TestInstallRefusesAnotherChecksum(t *testing.T) {
	data, _ := zipOf(t, map[string]string{"libtorch/x": "y"})
	url, _ := serve(t, data)
	folder := t.TempDir()
	target := filepath.Join(folder, "libtorch")
	err := Archive{URL: url, SHA256: strings.Repeat("ab", 32)}.Install(folder, target, quiet())
	if err == nil || !strings.Contains(err.Error(), "expected abab") {
		t.Fatalf("got %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("left behind %v, %v", entries, err)
	}
}

func TestInstallRefusesPathsOutsideTheArchive(t *testing.T) {
	for _, name := range []string{"libtorch/../../escape", "other/file"} {
		data, sum := zipOf(t, map[string]string{name: "x"})
		url, _ := serve(t, data)
		folder := t.TempDir()
		err := Archive{URL: url, SHA256: sum}.Install(folder, filepath.Join(folder, "libtorch"), quiet())
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestInstallNamesTheAddressThatFails(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	folder := t.TempDir()
	err := Archive{URL: server.URL, SHA256: strings.Repeat("0", 64)}.Install(folder, filepath.Join(folder, "libtorch"), quiet())
	if err == nil || !strings.Contains(err.Error(), server.URL) || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v", err)
	}
}
