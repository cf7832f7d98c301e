package host

import (
	"os"
	"time"

	"cllm4rec/core/disk"
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
	if sum, _, err = disk.Sum(path); err != nil {
		return "", err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sums[id] = sum
	return sum, nil
}
