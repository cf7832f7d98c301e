// Package lines reads text files line by line, plain, gzip or zstd, with errors that
// name the file and the line.
package lines

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"cllm4rec/core/contract"
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

// Each calls do for every line of the file that is not blank, without the white
// space around it. Compression is told by the file's first bytes, not by its name; a
// UTF-8 byte order mark at the start of a line (files may have been joined) is left
// out. Errors are those of regular.Open, ErrBadData when the compressed data end early
// or are damaged, when the text is UTF-16, no text at all (a zip archive, Parquet ...)
// or has more than MaxBlank bytes of white space, when the file changes while it is
// read, and whatever do returns.
func Each(ctx context.Context, path string, do func(Line) error) error {
	return each(ctx, path, func(l Line) error {
		if len(l.Bytes) == 0 {
			return nil
		}
		return do(l)
	}, trimmed)
}

// Raw is Each for lines whose white space means something, such as tabs between
// fields: do gets every line, blank ones too, as it is but for "\n" or "\r\n" at
// its end.
func Raw(ctx context.Context, path string, do func(Line) error) error {
	return each(ctx, path, do, ended)
}

func each(ctx context.Context, path string, do func(Line) error, cut func([]byte) ([]byte, int)) error {
	o, err := open(path)
	if err != nil {
		return err
	}
	defer o.close()
	return o.file.Explain(scan(ctx, path, o.plain, do, cut))
}

// Open opens a text file, compressed or not as for Each, that is not made of lines.
// Errors are those of regular.Open; a Read is an ErrBadData that names the file
// where the compressed data end early or are damaged, or where the file changed.
func Open(path string) (io.ReadCloser, error) {
	o, err := open(path)
	if err != nil {
		return nil, err
	}
	return &text{path: path, from: o}, nil
}

type text struct {
	path string
	from *opened
}

func (t *text) Read(p []byte) (int, error) {
	n, err := t.from.plain.Read(p)
	if err != nil && err != io.EOF {
		err = t.from.file.Explain(contract.Errorf(contract.ErrBadData, "%s: %s", t.path, damage(err)))
	}
	return n, err
}

func (t *text) Close() error {
	t.from.close()
	return nil
}

// scan reads line after line. cut takes off what do is not to see of a line, and says
// how many bytes of white space that were.
func scan(ctx context.Context, path string, in *bufio.Reader, do func(Line) error, cut func([]byte) ([]byte, int)) error {
	line := Line{Path: path, Number: 1}
	if what := foreign(in); what != "" {
		return line.Errorf("the file is %s", what)
	}
	var long []byte
	blank := 0
	for ; ; line.Number++ {
		raw, end := readLine(in, &long)
		if end != nil && end != io.EOF {
			return line.Errorf("%s", damage(end))
		}
		var white int
		line.Bytes, white = cut(bytes.TrimPrefix(raw, []byte(byteOrderMark)))
		if blank += white; blank > MaxBlank {
			return line.Errorf("more than %d MiB of blank lines and white space up to here: the file is damaged", MaxBlank>>20)
		}
		var err error
		if len(raw) > 0 { // nothing stands behind the last end of line
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

// trimmed is a line without the white space around it. A line with a text has its
// end of line free.
func trimmed(line []byte) (text []byte, white int) {
	text = bytes.TrimSpace(line)
	white = len(line) - len(text)
	if len(text) > 0 {
		white = max(0, white-len("\r\n"))
	}
	return text, white
}

// ended is a line without its end. One of nothing but white space counts as that.
func ended(line []byte) (text []byte, white int) {
	text = line
	if n := len(text); n > 0 && text[n-1] == '\n' {
		if text = text[:n-1]; n > 1 && text[n-2] == '\r' {
			text = text[:n-2]
		}
	}
	if (len(text) == 0 || text[0] <= ' ') && len(bytes.TrimSpace(text)) == 0 {
		white = len(line)
	}
	return text, white
}

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
