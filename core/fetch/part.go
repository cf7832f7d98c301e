package fetch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// PartEnd and tagEnd follow a file's name while it is downloaded. The tag says which
// content the part is of: its digest, or the address where nobody says what the content
// is, then the server's strong ETag.
const (
	PartEnd = ".part"
	tagEnd  = ".part.etag"
)

// part is the part of a file that is there.
type part struct {
	to      *Folder
	file    File
	each    func(n int) // bytes more (or fewer) of the file are there
	content *os.File
	size    int64  // of the whole file; UnknownSize until a server says
	have    int64  // bytes in the part
	etag    string // of the content that the part is of; "" unknown
	tagged  string // what the tag says the part is of; "" nothing
}

// onDisk is a failure of this machine's disk, which no other address mends.
type onDisk struct{ error }

func (o *onDisk) Unwrap() error { return o.error }

// unwritable says which of the part's files cannot be written.
func (p *part) unwritable(end string, err error) error {
	return &onDisk{fmt.Errorf("%s cannot be written: %w", p.to.At(p.file.Path+end), err)}
}

// open opens the part and drops what is of another content.
func (p *part) open() error {
	if err := p.to.MkdirAll(path.Dir(p.file.Path), 0o755); err != nil {
		return fmt.Errorf("%s: its folder cannot be made: %w", p.to.At(p.file.Path), err)
	}
	for _, end := range []string{"", PartEnd, tagEnd} {
		if _, _, err := p.to.Regular(p.file.Path + end); err != nil {
			return err
		}
	}
	content, err := p.to.OpenFile(p.file.Path+PartEnd, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return p.unwritable(PartEnd, err)
	}
	p.content = content
	if err := p.recall(); err != nil {
		return errors.Join(err, content.Close())
	}
	return nil
}

// recall finds out what the part of an earlier run is.
func (p *part) recall() error {
	info, err := p.content.Stat()
	if err != nil {
		return err
	}
	p.have = info.Size()
	p.each(int(p.have))
	tag, err := p.to.ReadFile(p.file.Path + tagEnd)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be read: %w", p.to.At(p.file.Path+tagEnd), err)
	}
	of, etag, _ := strings.Cut(strings.TrimSuffix(string(tag), "\n"), "\n")
	p.tagged = of
	if strong(etag) {
		p.etag = etag
	}
	if p.file.Digest.Known() && of != p.file.Digest.String() || p.file.Size != UnknownSize && p.have > p.file.Size {
		return p.restart()
	}
	return nil
}

// identity is what the tag says a part from an address is of.
func (p *part) identity(from string) string {
	if p.file.Digest.Known() {
		return p.file.Digest.String()
	}
	return "unverified content of " + from
}

// turnTo has the part go on from an address. Where a digest decides at the end, a part
// may be of several addresses; else it goes on only where its ETag says what it is of.
func (d *download) turnTo(from string) error {
	before := d.from
	d.from = from
	switch {
	case !d.file.Digest.Known() && (d.tagged != d.identity(from) || d.etag == ""):
		d.size = d.file.Size
		return d.restart()
	case before != "" && before != from:
		d.etag = "" // the other server's
	}
	return nil
}

// restart empties the part.
func (p *part) restart() error {
	p.each(-int(p.have))
	p.have, p.etag = 0, ""
	if err := p.content.Truncate(0); err != nil {
		return p.unwritable(PartEnd, err)
	}
	return nil
}

// continues reports whether a Content-Range goes on where the part ends, and learns the
// size from it.
func (p *part) continues(contentRange string) bool {
	of, is := strings.CutPrefix(contentRange, "bytes ")
	span, total, _ := strings.Cut(of, "/")
	first, _, _ := strings.Cut(span, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	if !is || err != nil || start != p.have {
		return false
	}
	whole, err := strconv.ParseInt(total, 10, 64)
	switch {
	case total == "*":
		return true
	case err != nil || whole < p.have:
		return false
	case p.size == UnknownSize:
		p.size = whole
	}
	return whole == p.size
}

// remember writes the tag before the first byte of the part.
func (p *part) remember(from, etag string) error {
	if !strong(etag) {
		etag = ""
	}
	p.etag, p.tagged = etag, p.identity(from)
	if err := p.to.WriteFile(p.file.Path+tagEnd, []byte(p.tagged+"\n"+etag+"\n"), 0o644); err != nil {
		return p.unwritable(tagEnd, err)
	}
	return nil
}

// strong reports whether two answers with this ETag are equal byte by byte.
func strong(etag string) bool {
	return len(etag) >= 2 && len(etag) < 256 && etag[0] == '"' && etag[len(etag)-1] == '"'
}

// write appends to the part.
func (p *part) write(content []byte) error {
	written, err := p.content.WriteAt(content, p.have)
	p.have += int64(written)
	p.each(written)
	if err != nil {
		return p.unwritable(PartEnd, err)
	}
	return nil
}

// progress is how much of the file is there, in words.
func (p *part) progress() string {
	if p.size == UnknownSize {
		return fmt.Sprintf("%d bytes", p.have)
	}
	return fmt.Sprintf("%d of %d bytes", p.have, p.size)
}

// check reads what is on disk rather than what came in.
func (p *part) check() (string, error) {
	if _, err := p.content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	sum, err := p.file.Sum(p.content)
	if err == nil {
		err = p.content.Sync()
	}
	if err != nil {
		if _, differs := errors.AsType[*Mismatch](err); differs {
			return "", err
		}
		return "", p.unwritable(PartEnd, err)
	}
	return sum, nil
}

// place gives the part, which is durable, its name.
func (p *part) place() error {
	if err := p.to.Rename(p.file.Path+PartEnd, p.file.Path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", p.to.At(p.file.Path), err)
	}
	if err := p.to.Remove(p.file.Path + tagEnd); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
