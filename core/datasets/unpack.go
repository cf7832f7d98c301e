package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"cllm4rec/core/contract"
	"cllm4rec/core/fetch"
)

// maxEntries is the most entries that an archive may have.
const maxEntries = 1_000_000

// unpacking writes what archives hold into a new folder.
type unpacking struct {
	ctx    context.Context
	to     *os.Root
	root   string // the folder of archives that is wanted; "" all
	atMost int64  // bytes that may be written
	note   func(format string, a ...any)
	each   func(file string) // more of a file is written

	written int64
	seen    map[string]bool // entries of the archive at work
	files   fetch.Entries
}

// unpack unpacks a download, which is open for reading.
func (u *unpacking) unpack(d Download, content *os.File) error {
	u.seen = map[string]bool{}
	var err error
	switch d.Archive {
	case Zip:
		err = u.zip(content)
	case Tar:
		err = u.tar(content)
	case TarGz:
		err = u.gzip(content, u.tar)
	case Gz:
		err = u.gzip(content, func(r io.Reader) error { return u.add(strings.TrimSuffix(d.Path, ".gz"), -1, r) })
	}
	if err != nil {
		return fmt.Errorf("%s: %w", d.Path, err)
	}
	return nil
}

// bad is an archive with something in it that is not taken.
func bad(format string, a ...any) error {
	return contract.Errorf(contract.ErrBadData, format+": nothing of it is kept", a...)
}

// enter checks the name of an entry. It is "" for what is left out.
func (u *unpacking) enter(name string) (inside string, err error) {
	clean := strings.TrimSuffix(strings.TrimPrefix(name, "./"), "/")
	if clean == "" || clean == "." {
		return "", nil
	}
	switch {
	case !fetch.PlainPath(clean):
		return "", bad("the entry %q is no plain path inside the folder", name)
	case u.seen[clean]:
		return "", bad("the entry %q is there twice", name)
	case len(u.seen) >= maxEntries:
		return "", bad("it has more than %d entries", maxEntries)
	}
	u.seen[clean] = true
	if u.root == "" || clean == u.root {
		return clean, nil
	}
	inside, is := strings.CutPrefix(clean, u.root+"/")
	if !is {
		u.note("the entry %q is left out: it is not in the folder %s of the archive", name, u.root)
		return "", nil
	}
	return inside, nil
}

// folder is an entry that is a folder; only files make one.
func (u *unpacking) folder(name string) error {
	_, err := u.enter(name)
	return err
}

// file is an entry with content; size is what the archive says of it.
func (u *unpacking) file(name string, size int64, content io.Reader) error {
	inside, err := u.enter(name)
	if err != nil || inside == "" {
		return err
	}
	return u.add(inside, size, content)
}

// add writes a file; size is -1 when nobody says.
func (u *unpacking) add(name string, size int64, content io.Reader) (err error) {
	if err := u.reserve(name, size); err != nil {
		return err
	}
	file, err := u.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return blocked(name, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	n, err := u.copy(name, io.MultiWriter(file, sum), content)
	if err != nil {
		return err
	}
	if size >= 0 && n != size {
		return bad("the entry %q has %d bytes, and the archive says %d", name, n, size)
	}
	u.files = append(u.files, fetch.Entry{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return file.Sync()
}

// reserve makes the folder of a file and refuses a file that has no place.
func (u *unpacking) reserve(name string, size int64) error {
	switch {
	case name == ManifestName:
		return bad("the entry %q is named like the record of downloads", name)
	case size > u.atMost-u.written:
		return bad("the entry %q has %d bytes, with which the data set has more than the %d that the catalogue allows", name, size, u.atMost)
	}
	if err := u.to.MkdirAll(path.Dir(name), 0o755); err != nil {
		return blocked(name, err)
	}
	if _, err := u.to.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return bad("the entry %q is in the way of another", name)
	}
	return nil
}

// blocked is why a file has no place: of two archives, or a file where a folder should be.
func blocked(name string, err error) error {
	if errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) {
		return bad("the entry %q is in the way of another: %v", name, err)
	}
	return fmt.Errorf("%s cannot be written: %w", name, err)
}

// copy writes content, never more than may be written in all.
func (u *unpacking) copy(name string, to io.Writer, content io.Reader) (n int64, err error) {
	buffer := make([]byte, 1<<20)
	for u.ctx.Err() == nil {
		k, readErr := content.Read(buffer)
		if int64(k) > u.atMost-u.written {
			return n, bad("with the entry %q the data set has more than the %d bytes that the catalogue allows", name, u.atMost)
		}
		if _, err := to.Write(buffer[:k]); err != nil {
			return n, fmt.Errorf("%s cannot be written: %w", name, err)
		}
		n, u.written = n+int64(k), u.written+int64(k)
		u.each(name)
		switch {
		case readErr == io.EOF:
			return n, nil
		case readErr != nil:
			return n, bad("the entry %q is damaged or cut short (%v)", name, readErr)
		}
	}
	return n, u.ctx.Err()
}
