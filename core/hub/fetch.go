package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// partEnd and tagEnd follow a file's name while it is downloaded. The tag says
// which content the part is of: its digest, then the server's strong ETag.
const (
	partEnd = ".part"
	tagEnd  = ".part.etag"
)

// fetch is the download of one file.
type fetch struct {
	*Client
	to   *folder
	file file
	from string      // address
	each func(n int) // bytes more (or fewer) of the file are there
	part *os.File
	have int64  // bytes in the part
	etag string // of the content that the part is of; "" unknown
}

// run downloads the file, or what is left of it, checks it and puts it in its
// place. It gives the content's SHA-256.
func (f *fetch) run(ctx context.Context) (sha256 string, err error) {
	if err := f.open(); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.part.Close()) }()
	for again := true; ; again = false {
		if err := f.persist(ctx, f.file.path, func() (bool, error) { return f.attempt(ctx) }); err != nil {
			return "", err
		}
		sha256, err = f.check()
		differs, wrong := errors.AsType[*mismatch](err)
		if !wrong {
			break
		}
		if err := f.restart(); err != nil || !again {
			return "", errors.Join(fmt.Errorf("%s: %w; it was downloaded twice and thrown away", f.file.path, differs), err)
		}
		f.note("%s: %v; downloading it again from the start", f.file.path, differs)
	}
	if err != nil {
		return "", err
	}
	return sha256, f.place()
}

// open opens the part and drops what is of another content.
func (f *fetch) open() error {
	if err := f.to.MkdirAll(path.Dir(f.file.path), 0o755); err != nil {
		return fmt.Errorf("%s: its folder cannot be made: %w", f.to.path(f.file.path), err)
	}
	for _, end := range []string{"", partEnd, tagEnd} {
		if _, _, err := f.to.regular(f.file.path + end); err != nil {
			return err
		}
	}
	part, err := f.to.OpenFile(f.file.path+partEnd, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.to.path(f.file.path+partEnd), err)
	}
	f.part = part
	if err := f.recall(); err != nil {
		return errors.Join(err, part.Close())
	}
	return nil
}

// recall finds out what the part of an earlier run is.
func (f *fetch) recall() error {
	info, err := f.part.Stat()
	if err != nil {
		return err
	}
	f.have = info.Size()
	f.each(int(f.have))
	tag, err := f.to.ReadFile(f.file.path + tagEnd)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be read: %w", f.to.path(f.file.path+tagEnd), err)
	}
	digest, etag, _ := strings.Cut(strings.TrimSuffix(string(tag), "\n"), "\n")
	if digest != f.file.digest.String() || f.have > f.file.size {
		return f.restart()
	}
	if strong(etag) {
		f.etag = etag
	}
	return nil
}

// restart empties the part.
func (f *fetch) restart() error {
	f.each(-int(f.have))
	f.have, f.etag = 0, ""
	if err := f.part.Truncate(0); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.to.path(f.file.path+partEnd), err)
	}
	return nil
}

// attempt asks once for what the part lacks and appends it.
func (f *fetch) attempt(ctx context.Context) (moved bool, err error) {
	if f.have == f.file.size {
		return false, nil
	}
	header := http.Header{}
	if f.have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", f.have))
		if f.etag != "" {
			header.Set("If-Range", f.etag)
		}
	}
	a, err := f.get(ctx, f.from, header)
	if err != nil {
		return false, err
	}
	defer a.close()
	if err := f.begin(a); err != nil {
		return false, err
	}
	before := f.have
	err = f.append(a)
	return f.have > before, err
}

// begin holds the answer's head against the part.
func (f *fetch) begin(a *answer) error {
	etag := a.Header.Get("ETag")
	switch {
	case a.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		unknown := fmt.Errorf("the server does not know bytes from %d on", f.have)
		return errors.Join(f.restart(), &transient{error: unknown})
	case a.StatusCode == http.StatusPartialContent:
		if f.etag != "" && strong(etag) && etag != f.etag || !f.continues(a.Header.Get("Content-Range")) {
			return errors.Join(f.restart(), &transient{error: errors.New("the server sends another part than was asked for")})
		}
		return nil
	}
	if a.ContentLength >= 0 && a.ContentLength != f.file.size {
		return fmt.Errorf("the server offers %d bytes, expected %d", a.ContentLength, f.file.size)
	}
	if err := f.restart(); err != nil {
		return err
	}
	return f.remember(etag)
}

// continues reports whether a Content-Range goes on where the part ends.
func (f *fetch) continues(contentRange string) bool {
	of, is := strings.CutPrefix(contentRange, "bytes ")
	span, total, _ := strings.Cut(of, "/")
	first, _, _ := strings.Cut(span, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	return is && err == nil && start == f.have && (total == "*" || total == strconv.FormatInt(f.file.size, 10))
}

// remember writes the tag before the first byte of the part.
func (f *fetch) remember(etag string) error {
	if !strong(etag) {
		etag = ""
	}
	f.etag = etag
	name := f.file.path + tagEnd
	if err := f.to.WriteFile(name, []byte(f.file.digest.String()+"\n"+etag+"\n"), 0o644); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.to.path(name), err)
	}
	return nil
}

// strong reports whether two answers with this ETag are equal byte by byte.
func strong(etag string) bool {
	return len(etag) >= 2 && len(etag) < 256 && etag[0] == '"' && etag[len(etag)-1] == '"'
}

// append writes the body behind the part, never more than the file has.
func (f *fetch) append(a *answer) error {
	buffer := make([]byte, 256<<10)
	for {
		n, readErr := a.Read(buffer)
		if int64(n) > f.file.size-f.have {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes of the file", f.file.size), f.restart())
		}
		written, err := f.part.WriteAt(buffer[:n], f.have)
		f.have += int64(written)
		f.each(written)
		switch {
		case err != nil:
			return fmt.Errorf("%s cannot be written: %w", f.to.path(f.file.path+partEnd), err)
		case readErr == nil:
		case readErr != io.EOF:
			return passing(fmt.Errorf("broken off after %d of %d bytes: %w", f.have, f.file.size, readErr))
		case f.have < f.file.size:
			return &transient{error: fmt.Errorf("broken off after %d of %d bytes", f.have, f.file.size)}
		default:
			return nil
		}
	}
}

// check reads what is on disk rather than what came in.
func (f *fetch) check() (string, error) {
	if _, err := f.part.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return f.file.sum(f.part)
}

// place makes the part durable and gives it its name.
func (f *fetch) place() error {
	if err := f.part.Sync(); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.to.path(f.file.path+partEnd), err)
	}
	if err := f.to.Rename(f.file.path+partEnd, f.file.path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", f.to.path(f.file.path), err)
	}
	if err := f.to.Remove(f.file.path + tagEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
