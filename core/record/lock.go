package record

import (
	"errors"
	"fmt"
	"os"

	"cllm4rec/core/contract"

	"golang.org/x/sys/unix"
)

// acquire takes an exclusive lock that ends with the process, however it ends.
func acquire(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the output folder cannot be written: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, contract.Errorf(contract.ErrInvalid, "another run is writing to this folder (it holds %s): wait for it or choose another --out", path)
	}
	return nil, fmt.Errorf("%s cannot be locked: %w", path, err)
}
