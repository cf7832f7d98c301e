package claim

import (
	"errors"
	"io/fs"
	"os"
)

// publish makes a file, with its content already in it where the file system can do that:
// a process that is killed here then leaves nothing. ErrExist when there is one of the name.
func publish(path string, content []byte) error {
	err := publishWhole(path, content)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return publishEmpty(path, content)
}

// publishEmpty makes the file and then writes it. A process that is killed in between leaves
// an empty one.
func publishEmpty(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
