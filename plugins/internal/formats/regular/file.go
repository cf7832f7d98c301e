package regular

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"cllm4rec/core/contract"
)

// File is an open regular file that knows whether it changed since it was opened:
// one that is still being written would be read in part, one that is overwritten
// as a mixture of two.
type File struct {
	file   *os.File
	path   string
	opened fs.FileInfo
}

// Read reads on. In place of io.EOF it gives the error of Unchanged where there is one.
func (f *File) Read(p []byte) (int, error) {
	n, err := f.file.Read(p)
	if errors.Is(err, io.EOF) {
		if changed := f.Unchanged(); changed != nil {
			return n, changed
		}
	}
	return n, err
}

// ReadAt reads at an offset. Ask Unchanged once all is read.
func (f *File) ReadAt(p []byte, at int64) (int, error) { return f.file.ReadAt(p, at) }

// Size is how many bytes the file had when it was opened.
func (f *File) Size() int64 { return f.opened.Size() }

// Fd is the file's descriptor, valid until Close.
func (f *File) Fd() uintptr { return f.file.Fd() }

// Close closes the file. It was only read, so that nothing can be lost.
func (f *File) Close() error { return f.file.Close() }

// Unchanged is an ErrBadData where size or time of modification differ from those
// that the file had when it was opened. A new file under the same path is no change:
// what was opened stays whole.
func (f *File) Unchanged() error {
	now, err := f.file.Stat()
	switch {
	case err != nil:
		return contract.Errorf(contract.ErrBadData, "%s: %v", f.path, err)
	case now.Size() != f.opened.Size():
		return contract.Errorf(contract.ErrBadData, "%s: changed while it was read, from %d to %d bytes; wait until it is written, then start again", f.path, f.opened.Size(), now.Size())
	case !now.ModTime().Equal(f.opened.ModTime()):
		return contract.Errorf(contract.ErrBadData, "%s: was written to while it was read; wait until it is written, then start again", f.path)
	}
	return nil
}

// Explain is what to report of a reading that ended with err: where that is nil or
// an ErrBadData, which a file that changes may have caused, the error of Unchanged
// comes first.
func (f *File) Explain(err error) error {
	if err != nil && !errors.Is(err, contract.ErrBadData) {
		return err
	}
	if changed := f.Unchanged(); changed != nil {
		return changed
	}
	return err
}
