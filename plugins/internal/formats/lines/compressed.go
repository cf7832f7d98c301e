package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"cllm4rec/plugins/internal/formats/regular"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// buffered is how many bytes are read at once.
const buffered = 1 << 18

// opened is a file and the text in it.
type opened struct {
	file  *regular.File
	plain *bufio.Reader
	end   func() // of the decompressor; may be nil
}

// open opens a file and recognises its compression. Errors are those of
// regular.Open, and ErrBadData for a damaged header.
func open(path string) (*opened, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	o := &opened{file: f}
	if err := o.decompress(); err != nil {
		err = f.Explain(Line{Path: path, Number: 1}.Errorf("%s", damage(err)))
		o.close()
		return nil, err
	}
	return o, nil
}

// close frees what open took; the file was only read, so that nothing can be lost.
func (o *opened) close() {
	if o.end != nil {
		o.end()
	}
	_ = o.file.Close()
}

// maxWindow is how far back zstd data may refer, and so what decompressing takes of
// memory: as much as the zstd program itself allows without --long.
const maxWindow = 128 << 20

func (o *opened) decompress() error {
	in := bufio.NewReaderSize(o.file, buffered)
	o.plain = in
	magic, _ := in.Peek(4) // a file of fewer bytes is plain text
	var from io.Reader
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return packed{"gzip", err}
		}
		from = packedReader{"gzip", z}
	case isZstd(magic):
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return packed{"zstd", err}
		}
		o.end, from = z.Close, packedReader{"zstd", z}
	default:
		return nil
	}
	o.plain = bufio.NewReaderSize(from, buffered)
	return nil
}

// isZstd knows the first bytes of a frame of zstd, or of one to skip, with which
// files of pzstd begin (RFC 8878, sections 3.1.1 and 3.1.2).
func isZstd(magic []byte) bool {
	return bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) ||
		len(magic) == 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18})
}

// packed is an error of a decompressor, and its name.
type packed struct {
	form string
	error
}

func (p packed) Unwrap() error { return p.error }

type packedReader struct {
	form string
	from io.Reader
}

func (r packedReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && err != io.EOF {
		err = packed{r.form, err}
	}
	return n, err
}

var errLong = fmt.Errorf("the line is longer than %d MiB", MaxLine>>20)

// damage says what is wrong with the file.
func damage(err error) string {
	var p packed
	form := ""
	if errors.As(err, &p) {
		form = p.form
	}
	switch {
	case form != "" && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		return "the " + form + " data end here, before their end mark: the file is truncated"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return "the checksum of the " + form + " data is wrong: the file is damaged"
	case errors.Is(err, gzip.ErrHeader):
		return "the gzip header is damaged"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return "the zstd data refer back further than 128 MiB: compress them again without --long"
	case form != "":
		return "the " + form + " data are damaged: " + p.error.Error()
	case errors.Is(err, errLong):
		return err.Error()
	default:
		return "the file cannot be read on: " + err.Error()
	}
}
