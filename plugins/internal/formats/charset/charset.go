// Package charset tells in which encoding a text file of a data set is.
package charset

import (
	"context"
	"errors"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"cllm4rec/plugins/internal/formats/lines"
)

// IsUTF8 reads a file, plain or compressed, to its end and reports whether all of it
// is valid UTF-8. A text with letters of Latin-1 never is but by chance, so that a
// file that was published in Latin-1 is told from one that somebody has converted.
// Errors are those of lines.Open.
func IsUTF8(ctx context.Context, path string) (bool, error) {
	file, err := lines.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // read only: nothing can be lost
	_, err = io.Copy(io.Discard, transform.NewReader(&reader{ctx, file}, encoding.UTF8Validator))
	if errors.Is(err, encoding.ErrInvalidUTF8) {
		return false, nil
	}
	return err == nil, err
}

// reader ends where its context does.
type reader struct {
	ctx  context.Context
	from io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
