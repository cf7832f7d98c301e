// Package mapped opens weight files as read-only memory maps: opening costs
// nothing per byte, and pages that nobody reads are never loaded. A file must
// not be cut short by another process while it is mapped.
package mapped

import (
	"math"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"
)

// Open maps a regular, non-empty file (regular.Open). ErrNotFound or ErrBadData,
// naming the file. The bytes must not be written to; give them back with Close.
func Open(path string) ([]byte, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	size := file.Size()
	if size > math.MaxInt {
		return nil, contract.Errorf(contract.ErrBadData, "%s: cannot be mapped into memory", path)
	}
	if size == 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: empty file", path)
	}
	data, err := unix.Mmap(int(file.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%s: cannot map into memory: %v", path, err)
	}
	return data, nil
}

// Close unmaps what Open gave; nil is fine.
func Close(data []byte) error {
	if data == nil {
		return nil
	}
	return unix.Munmap(data)
}
