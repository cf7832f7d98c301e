// Package lines reads text files line by line, plain or gzip, with errors that
// name the file and the line.
package lines

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/regular"

	"github.com/klauspost/compress/gzip"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 64 << 20

// MaxBlank is how many bytes of white space around and between the lines a file
// may have: a small gzip can hold gigabytes of blank lines.
const MaxBlank = 16 << 20

// Line is one line without its end of line.
type Line struct {
	Path   string
	Number int    // from 1
	Bytes  []byte // valid until the next line
}

// Errorf makes an ErrBadData that begins with the line's place.
func (l Line) Errorf(format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, "%s:%d: %s", l.Path, l.Number, fmt.Sprintf(format, args...))
}

// Each calls do for every line of the file that is not blank. Compression is
// told by the file's first bytes, not by its name; a UTF-8 byte order mark at the
// start of a line (files may have been joined) is left out. Errors are those of
// regular.Open, ErrBadData when the compressed data end early or are damaged, when
// the text is UTF-16 or has more than MaxBlank bytes of white space, and whatever
// do returns.
func Each(ctx context.Context, path string, do func(Line) error) (err error) {
	f, plain, err := open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	return scan(ctx, path, plain, do)
}

// Open opens a text file, plain or gzip as for Each, that is not made of lines.
// Errors are those of regular.Open; a Read is an ErrBadData that names the file
// where the compressed data end early or are damaged.
func Open(path string) (io.ReadCloser, error) {
	f, plain, err := open(path)
	if err != nil {
		return nil, err
	}
	return &text{path: path, plain: plain, Closer: f}, nil
}

type text struct {
	path  string
	plain *bufio.Reader
	io.Closer
}

func (t *text) Read(p []byte) (int, error) {
	n, err := t.plain.Read(p)
	if err != nil && err != io.EOF {
		err = contract.Errorf(contract.ErrBadData, "%s: %s", t.path, damage(err))
	}
	return n, err
}

func open(path string) (io.Closer, *bufio.Reader, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, nil, err
	}
	plain, err := decompress(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		_ = f.Close() // read only: nothing can be lost
		return nil, nil, Line{Path: path, Number: 1}.Errorf("%s", damage(err))
	}
	return f, plain, nil
}

func decompress(in *bufio.Reader) (*bufio.Reader, error) {
	magic, _ := in.Peek(2) // a file of one byte is plain text
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 1<<18), nil
}

func scan(ctx context.Context, path string, in *bufio.Reader, do func(Line) error) error {
	line := Line{Path: path, Number: 1}
	if wide(in) {
		return line.Errorf("the file is UTF-16, expected UTF-8: convert it first (iconv -f UTF-16 -t UTF-8)")
	}
	var long []byte
	blank := 0
	for ; ; line.Number++ {
		var end, err error
		line.Bytes, end = readLine(in, &long)
		if end != nil && end != io.EOF {
			return line.Errorf("%s", damage(end))
		}
		text := trim(line.Bytes)
		blank += white(line.Bytes, text)
		switch line.Bytes = text; {
		case blank > MaxBlank:
			err = line.Errorf("more than %d MiB of blank lines and white space up to here: the file is damaged", MaxBlank>>20)
		case len(text) > 0:
			err = do(line)
		}
		if err == nil && line.Number%1024 == 0 {
			err = ctx.Err()
		}
		if err != nil || end == io.EOF {
			return err
		}
	}
}

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\ufeff"

func trim(line []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(line, []byte(byteOrderMark)))
}

// white counts the white space around a line's text, of which a line with a text
// has its end of line free.
func white(line, text []byte) int {
	n := len(line) - len(text)
	if len(text) > 0 {
		n = max(0, n-len("\r\n"))
	}
	return n
}

// wide reports whether the text begins with the byte order mark of UTF-16.
func wide(in *bufio.Reader) bool {
	mark, _ := in.Peek(2) // a file of one byte has none
	return bytes.Equal(mark, []byte{0xff, 0xfe}) || bytes.Equal(mark, []byte{0xfe, 0xff})
}

var errLong = fmt.Errorf("the line is longer than %d bytes", MaxLine)

// readLine returns the next line, which lies in the reader's buffer or, when it
// is longer than that, in long. io.EOF comes with the last line.
func readLine(in *bufio.Reader, long *[]byte) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	*long = append((*long)[:0], line...)
	for err == bufio.ErrBufferFull {
		if len(*long) > MaxLine {
			return nil, errLong
		}
		line, err = in.ReadSlice('\n')
		*long = append(*long, line...)
	}
	return *long, err
}

// damage says what is wrong with the compressed data.
func damage(err error) string {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the gzip data end here, before their end mark: the file is truncated"
	case errors.Is(err, gzip.ErrChecksum):
		return "the checksum of the gzip data is wrong: the file is damaged"
	case errors.Is(err, gzip.ErrHeader):
		return "the gzip header is damaged"
	case errors.Is(err, errLong):
		return err.Error()
	default:
		return "the file cannot be read on: " + err.Error()
	}
}
