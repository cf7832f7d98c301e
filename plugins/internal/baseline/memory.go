package baseline

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"cllm4rec/core/contract"
)

// RoomFor refuses, as an ErrOutOfMemory, what is larger than the memory that the
// system has left. Where that is not known it lets all pass. what says what needs
// the bytes, advice what would need fewer.
func RoomFor(bytes float64, what, advice string) error {
	return roomFor("/proc/meminfo", bytes, what, advice)
}

func roomFor(meminfo string, bytes float64, what, advice string) error {
	left, known := availableMemory(meminfo)
	if !known || bytes <= left {
		return nil
	}
	return contract.Errorf(contract.ErrOutOfMemory, "%s needs %.1f GB, and %.1f GB of memory are left: %s", what, bytes/1e9, left/1e9, advice)
}

// RoomForItemMatrix is RoomFor so many [n x n] matrices of float64 over the items.
func RoomForItemMatrix(method string, n, matrices int) error {
	return RoomFor(8*float64(matrices)*float64(n)*float64(n), fmt.Sprintf("%s on %d items", method, n), "keep fewer items (filter: {k_core: ...})")
}

// availableMemory reads the bytes that Linux says are available.
func availableMemory(meminfo string) (bytes float64, known bool) {
	f, err := os.Open(meminfo)
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kB float64
		if strings.HasPrefix(lines.Text(), "MemAvailable:") {
			_, err := fmt.Sscanf(lines.Text(), "MemAvailable: %f kB", &kB)
			return kB * 1024, err == nil
		}
	}
	return 0, false
}
