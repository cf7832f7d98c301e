package host

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"time"
)

// fileID reports whether a file is still the one that was summed.
type fileID struct {
	path     string
	size     int64
	modified time.Time
}

// checksum is the sha256 of a binary in hex, computed once per file.
func (h *Host) checksum(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	id := fileID{path, info.Size(), info.ModTime()}
	h.mu.Lock()
	sum, ok := h.sums[id]
	h.mu.Unlock()
	if ok {
		return sum, nil
	}
	if sum, err = sha256File(path); err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sums[id] = sum
	return sum, nil
}

func sha256File(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
