// Package archive fetches and unpacks an official libtorch archive.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"cllm4rec/tools/libtorch/internal/console"
)

// Archive is a file on the network with the checksum that it must have.
type Archive struct {
	URL string
	// SHA256 in hexadecimal.
	SHA256 string
}

// Pinned is the official CPU build for x86-64 Linux. The checksum is the one that TorchSharp
// and WasmEdge verify the same file with.
var Pinned = Archive{
	URL:    "https://download.pytorch.org/libtorch/cpu/libtorch-cxx11-abi-shared-with-deps-2.5.1%2Bcpu.zip",
	SHA256: "618ca54eef82a1dca46ff1993d5807d9c0deb0bae147da4974166a147cb562fa",
}

// Install downloads the archive into folder, goes on with what an interrupted run left there,
// verifies it and unpacks it to target, which appears whole or not at all.
func (a Archive) Install(folder, target string, out *console.Console) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	partial := filepath.Join(folder, "libtorch-"+a.SHA256[:12]+".zip.part")
	if err := out.During("downloading "+a.URL, "", func() error { return a.fetch(partial) }); err != nil {
		return fmt.Errorf("cannot download %s: %w", a.URL, err)
	}
	if err := a.verify(partial); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	if err := out.During("unpacking it", "", func() error { return unpack(partial, target) }); err != nil {
		return fmt.Errorf("cannot unpack %s: %w", partial, err)
	}
	return os.Remove(partial)
}

// fetch appends to a partial file what it lacks.
func (a Archive) fetch(partial string) error {
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	response, err := a.get(info.Size())
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK: // the server sends all of it, whatever was asked for
		if err := file.Truncate(0); err != nil {
			return err
		}
	case http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable: // nothing is left to send
		return nil
	default:
		return fmt.Errorf("the server answers %s", response.Status)
	}
	if _, err := io.Copy(file, response.Body); err != nil {
		return fmt.Errorf("%w; run `make setup` again to go on from here", err)
	}
	return file.Close()
}

func (a Archive) get(from int64) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodGet, a.URL, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	return http.DefaultClient.Do(request)
}

func (a Archive) verify(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != a.SHA256 {
		return fmt.Errorf("%s has the SHA-256 %s, expected %s: removed", a.URL, got, a.SHA256)
	}
	return nil
}

// replace moves a finished folder to its place.
func replace(from, to string) error {
	if err := os.RemoveAll(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}
