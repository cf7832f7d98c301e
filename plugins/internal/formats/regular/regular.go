// Package regular opens files of data, models and settings, and nothing else: a
// pipe would block for ever and be empty at its second reading, a device may never
// end. What is no regular file is refused before it is opened, and what is a small
// stand-in for the file that was meant (a Git LFS pointer) is named.
package regular

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"cllm4rec/core/contract"
)

// Open opens a regular file for reading. ErrNotFound, or ErrBadData that says what
// lies there instead: a folder, a named pipe, a device, a socket, a Git LFS pointer.
func Open(path string) (*File, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	// O_NONBLOCK: another file may have taken the path since, and opening a pipe waits.
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "%v", err)
	}
	info, err := file.Stat()
	if err = refusal(path, info, err); err == nil {
		err = notAPointer(path, file, info.Size())
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{file: file, path: path, opened: info}, nil
}

// Check finds out whether a path leads to a regular file without opening it, for
// a refusal before the work begins. Errors as Open's, but for pointers.
func Check(path string) error {
	info, err := os.Stat(path)
	return refusal(path, info, err)
}

// CheckGiven refuses, with an ErrInvalid, what of the files that parameters name is
// there and no regular file. Paths that lead nowhere, such as "", are left to reading.
func CheckGiven(paths ...string) error {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := Check(path); err != nil {
			return contract.Errorf(contract.ErrInvalid, "%s", err)
		}
	}
	return nil
}

func refusal(path string, info fs.FileInfo, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return contract.Errorf(contract.ErrNotFound, "%s: no such file", path)
	case err != nil:
		return contract.Errorf(contract.ErrBadData, "%v", err)
	case info.Mode()&fs.ModeNamedPipe != 0: // also what a shell gives for <(zcat FILE)
		return contract.Errorf(contract.ErrBadData, "%s: is a pipe, expected a regular file: it is read more than once, so write its content to a file first", path)
	case !info.Mode().IsRegular():
		return contract.Errorf(contract.ErrBadData, "%s: is %s, expected a regular file", path, kind(info.Mode()))
	}
	return nil
}

func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// A pointer of Git LFS (specification: docs/spec.md of git-lfs) begins so and has
// fewer bytes than this.
const (
	pointer    = "version https://git-lfs.github.com/spec/"
	maxPointer = 1024
)

// notAPointer looks at the beginning of a small file; it does not move its offset.
func notAPointer(path string, file io.ReaderAt, size int64) error {
	if size >= maxPointer {
		return nil
	}
	text := make([]byte, size)
	if n, err := file.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
		return contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
	} else if text = text[:n]; !bytes.HasPrefix(text, []byte(pointer)) {
		return nil
	}
	missing := "the file"
	for line := range strings.Lines(string(text)) {
		if bytes, ok := strings.CutPrefix(line, "size "); ok {
			missing = "the file of " + strings.TrimSpace(bytes) + " bytes"
		}
	}
	return contract.Errorf(contract.ErrBadData, "%s: is a Git LFS pointer, not %s that it stands for; fetch that with `git lfs pull` in its folder", path, missing)
}

// Read reads a whole regular file. Errors as Open's.
func Read(path string) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(file)
	if err != nil {
		err = contract.Errorf(contract.ErrBadData, "%s: %v", path, err)
	}
	if err := errors.Join(file.Explain(err), file.Close()); err != nil {
		return nil, err
	}
	return content, nil
}

// byteOrderMarks are what editors put before a text that is to say its encoding.
var byteOrderMarks = []struct{ encoding, mark string }{
	{"UTF-8", "\xef\xbb\xbf"}, {"UTF-16", "\xff\xfe"}, {"UTF-16", "\xfe\xff"},
}

// ReadText reads a text in UTF-8, such as a configuration in JSON. Errors as
// Open's; a byte order mark, which JSON does not allow, is an ErrBadData with the cure.
func ReadText(path string) ([]byte, error) {
	text, err := Read(path)
	if err != nil {
		return nil, err
	}
	for _, m := range byteOrderMarks {
		if bytes.HasPrefix(text, []byte(m.mark)) {
			return nil, contract.Errorf(contract.ErrBadData, "%s: starts with a byte order mark (%s); save it as UTF-8 without", path, m.encoding)
		}
	}
	return text, nil
}
