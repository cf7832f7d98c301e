package datasets

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
)

// encrypted is the flag of a zip entry that needs a password.
const encrypted = 1

// zip unpacks a zip archive.
func (u *unpacking) zip(content *os.File) error {
	info, err := content.Stat()
	if err != nil {
		return err
	}
	archive, err := zip.NewReader(content, info.Size())
	if err != nil {
		return bad("it is no zip archive, or one that is cut short (%v)", err)
	}
	for _, f := range archive.File {
		if err := u.zipped(f); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacking) zipped(f *zip.File) error {
	mode := f.Mode()
	switch {
	case mode.IsDir():
		return u.folder(f.Name)
	case !mode.IsRegular():
		return bad("the entry %q is neither a file nor a folder (%s)", f.Name, mode.Type())
	case f.Flags&encrypted != 0:
		return bad("the entry %q is encrypted", f.Name)
	case f.UncompressedSize64 > 1<<62:
		return bad("the entry %q says that it has %d bytes", f.Name, f.UncompressedSize64)
	}
	content, err := f.Open()
	if err != nil {
		return bad("the entry %q cannot be read (%v)", f.Name, err)
	}
	return errors.Join(u.file(f.Name, int64(f.UncompressedSize64), content), content.Close())
}

// tar unpacks a tar archive.
func (u *unpacking) tar(content io.Reader) error {
	archive := tar.NewReader(content)
	for {
		h, err := archive.Next()
		if err == io.EOF {
			if len(u.seen) == 0 {
				return bad("it is an empty tar archive, or none")
			}
			return nil
		}
		if err != nil {
			return bad("it is no tar archive, or is damaged or cut short after %d entries (%v)", len(u.seen), err)
		}
		switch h.Typeflag {
		case tar.TypeReg:
			err = u.file(h.Name, h.Size, archive)
		case tar.TypeDir:
			err = u.folder(h.Name)
		case tar.TypeXGlobalHeader: // what git puts before its archives: the commit
		default:
			err = bad("the entry %q is neither a file nor a folder (type %q)", h.Name, h.Typeflag)
		}
		if err != nil {
			return err
		}
	}
}

// maxTail is how many bytes may follow the end of what a gzip file holds.
const maxTail = 1 << 20

// gzip unpacks what is compressed, and reads to its end, where the checksum stands.
func (u *unpacking) gzip(content io.Reader, inner func(io.Reader) error) error {
	plain, err := gzip.NewReader(content)
	if err != nil {
		return bad("it is no gzip file (%v)", err)
	}
	defer func() { _ = plain.Close() }() // it has nothing to say that reading did not
	if err := inner(plain); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(plain, maxTail+1))
	switch {
	case err != nil:
		return bad("it is damaged or cut short (%v)", err)
	case n > maxTail:
		return bad("more than %d bytes follow the end of the archive", maxTail)
	}
	return nil
}
