package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"cllm4rec/core/contract"
)

// roomFor refuses, as an ErrOutOfMemory, an [n x n] matrix that is larger than
// the memory the system has left. Where that is not known it lets all pass.
func roomFor(n int) error {
	need := 8 * float64(n) * float64(n)
	left, known := availableMemory("/proc/meminfo")
	if !known || need <= left {
		return nil
	}
	return contract.Errorf(contract.ErrOutOfMemory,
		"EASE on %d items needs a matrix of %.1f GB, and %.1f GB of memory are left: keep fewer items (keep: k_core)", n, need/1e9, left/1e9)
}

// availableMemory reads the bytes that Linux says are available.
func availableMemory(path string) (bytes float64, known bool) {
	f, err := os.Open(path)
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
