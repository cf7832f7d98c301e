package fetch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// File is a file that is to be downloaded.
type File struct {
	Path   string   // below the folder, with slashes; a PlainPath
	Size   int64    // bytes; UnknownSize where nobody says
	AtMost int64    // bytes that a file of unknown size may have; 0: any number
	Digest Digest   // with a Blob, the size is known
	From   []string // addresses that give it, in the order in which they are asked
}

// Fetched is a file that was downloaded.
type Fetched struct {
	Size     int64  // bytes
	SHA256   string // of the content
	From     string // the address that gave its end
	Verified bool   // the content was held against a digest; false: it is what came
}

// Download brings a file, or what is left of it, into a folder, checks it and gives it
// its name. An address that does not give the right file leads to the next one; when
// none does, the error tells the reason of each. each is called with the bytes that come
// (or, when they are thrown away, go). The part stays in the folder when it fails.
func (c *Client) Download(ctx context.Context, to *Folder, file File, each func(n int)) (*Fetched, error) {
	if len(file.From) == 0 {
		return nil, fmt.Errorf("%s has no address", file.Path)
	}
	d := &download{Client: c, part: &part{to: to, file: file, size: file.Size, each: each}}
	if err := d.open(); err != nil {
		return nil, err
	}
	got, err := d.fromAny(ctx)
	if err := errors.Join(err, d.content.Close()); err != nil {
		return nil, err
	}
	return got, d.place()
}

// download is one file at work.
type download struct {
	*Client
	*part
	from string // the address that is asked
}

// fromAny asks one address after another.
func (d *download) fromAny(ctx context.Context) (*Fetched, error) {
	var reasons []string
	for i, from := range d.file.From {
		if err := d.turnTo(from); err != nil {
			return nil, err
		}
		last := i == len(d.file.From)-1
		sum, err := d.fromOne(ctx, last)
		_, local := errors.AsType[*onDisk](err)
		switch {
		case err == nil:
			return &Fetched{Size: d.have, SHA256: sum, From: from, Verified: d.file.Digest.Known()}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case local, len(d.file.From) == 1:
			return nil, err
		}
		why := strings.TrimPrefix(err.Error(), d.file.Path+": ")
		reasons = append(reasons, shown(from)+": "+why)
		if !last {
			d.note("%s: %s does not give it: %s; asking %s", d.file.Path, shown(from), why, shown(d.file.From[i+1]))
		}
	}
	return nil, fmt.Errorf("%s: none of its %d addresses gives it:\n  %s", d.file.Path, len(reasons), strings.Join(reasons, "\n  "))
}

// shown is an address without what may be secret in it.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// fromOne asks one address until the part is the file. Wrong content is thrown away, and
// from the last address downloaded once more: what was wrong may be of an earlier run.
func (d *download) fromOne(ctx context.Context, last bool) (sha256 string, err error) {
	for again := last; ; again = false {
		if err := d.Persist(ctx, d.file.Path, func() (bool, error) { return d.attempt(ctx) }); err != nil {
			return "", err
		}
		sha256, err = d.check()
		differs, wrong := errors.AsType[*Mismatch](err)
		if !wrong {
			return sha256, err
		}
		if err := d.restart(); err != nil {
			return "", err
		}
		switch {
		case again:
			d.note("%s: %v; downloading it again from the start", d.file.Path, differs)
		case last:
			return "", fmt.Errorf("%s: %w; it was downloaded twice and thrown away", d.file.Path, differs)
		default:
			return "", fmt.Errorf("%s: %w; it was thrown away", d.file.Path, differs)
		}
	}
}

// attempt asks once for what the part lacks and appends it.
func (d *download) attempt(ctx context.Context) (moved bool, err error) {
	if d.have == d.size {
		return false, nil
	}
	if d.have > 0 && !d.file.Digest.Known() && d.etag == "" { // nothing would tell that the rest is of another content
		if err := d.restart(); err != nil {
			return false, err
		}
	}
	header := http.Header{}
	if d.have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", d.have))
		if d.etag != "" {
			header.Set("If-Range", d.etag)
		}
	}
	a, err := d.Ask(ctx, d.from, header)
	if err != nil {
		return false, err
	}
	defer a.Close()
	if err := d.begin(a); err != nil {
		return false, err
	}
	before := d.have
	err = d.append(a)
	return d.have > before, err
}

// begin holds the answer's head against the part.
func (d *download) begin(a *Answer) error {
	etag := a.Header.Get("ETag")
	switch {
	case a.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		unknown := fmt.Errorf("the server does not know bytes from %d on", d.have)
		return errors.Join(d.restart(), &transient{error: unknown})
	case a.StatusCode == http.StatusPartialContent:
		if d.etag != "" && strong(etag) && etag != d.etag || !d.continues(a.Header.Get("Content-Range")) {
			return errors.Join(d.restart(), &transient{error: errors.New("the server sends another part than was asked for")})
		}
		return nil
	}
	if d.file.Size != UnknownSize && a.ContentLength >= 0 && a.ContentLength != d.file.Size {
		return fmt.Errorf("the server offers %d bytes%s, expected %d", a.ContentLength, asPage(a.Header), d.file.Size)
	}
	if err := d.restart(); err != nil {
		return err
	}
	if d.file.Size == UnknownSize && a.ContentLength == 0 {
		return errors.New("the server offers an empty file")
	}
	if d.file.Size == UnknownSize {
		d.size = a.ContentLength // -1, which is UnknownSize, when the server does not say
		if most := d.file.AtMost; most > 0 && d.size > most {
			return fmt.Errorf("the server offers %d bytes, and the file may have %d", d.size, most)
		}
	}
	return d.remember(d.from, etag)
}

// asPage says that an answer is meant for people, as those of hosts that have moved on are.
func asPage(head http.Header) string {
	if strings.HasPrefix(head.Get("Content-Type"), "text/html") {
		return " of a web page"
	}
	return ""
}

// sniffed is how many bytes of a file tell a web page.
const sniffed = 512

// append writes the body behind the part, never more than the file has.
func (d *download) append(a *Answer) error {
	buffer := make([]byte, 256<<10)
	body := bufio.NewReaderSize(a, len(buffer))
	if begin, _ := body.Peek(sniffed); d.have == 0 && strings.HasPrefix(http.DetectContentType(begin), "text/html") {
		return fmt.Errorf("the server answers with a web page in place of the file (it begins with %q)", OneLine(string(begin[:min(len(begin), 60)])))
	}
	for {
		n, readErr := body.Read(buffer)
		if most := d.file.AtMost; d.size == UnknownSize && most > 0 && int64(n) > most-d.have {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes that the file may have", most), d.restart())
		}
		if d.size != UnknownSize && int64(n) > d.size-d.have {
			return errors.Join(fmt.Errorf("the server sends more than the %d bytes of the file", d.size), d.restart())
		}
		err := d.write(buffer[:n])
		switch {
		case err != nil:
			return err
		case readErr == nil:
		case readErr != io.EOF:
			return Passing(fmt.Errorf("broken off after %s: %w", d.progress(), readErr))
		case d.size == UnknownSize && d.have > 0: // a proper end of a body of unknown length
			d.size = d.have
			return nil
		case d.have < d.size || d.size == UnknownSize:
			return &transient{error: fmt.Errorf("broken off after %s", d.progress())}
		default:
			return nil
		}
	}
}
