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
	"io/fs"
	"os"

	"cllm4rec/core/contract"

	"github.com/klauspost/compress/gzip"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 64 << 20

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
// told by the file's first bytes, not by its name. ErrNotFound when there is no
// such file, ErrBadData when the compressed data end early or are damaged, and
// whatever do returns.
func Each(ctx context.Context, path string, do func(Line) error) (err error) {
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only: nothing can be lost
	in := bufio.NewReaderSize(f, 1<<18)
	plain, err := decompress(in)
	if err != nil {
		return Line{Path: path, Number: 1}.Errorf("%s", damage(err))
	}
	return scan(ctx, path, plain, do)
}

// Open opens a regular file. ErrNotFound names the path.
func Open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: no such file", path)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrNotFound, "%s: cannot be opened: %v", path, errors.Unwrap(err))
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, contract.Errorf(contract.ErrNotFound, "%s: is a folder, expected a file", path)
	}
	return f, nil
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
	var long []byte
	for ; ; line.Number++ {
		var end, err error
		line.Bytes, end = readLine(in, &long)
		if end != nil && end != io.EOF {
			return line.Errorf("%s", damage(end))
		}
		if line.Bytes = bytes.TrimSpace(line.Bytes); len(line.Bytes) > 0 {
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
