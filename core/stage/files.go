package stage

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// Link gives the folder files of another one, without a copy where both lie on one file
// system. Files that are there already are replaced.
func (f Folder) Link(from Folder, names ...string) error {
	for _, name := range names {
		if err := os.Remove(f.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if os.Link(from.Path(name), f.Path(name)) == nil {
			continue
		}
		if err := copyFile(from.Path(name), f.Path(name)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
