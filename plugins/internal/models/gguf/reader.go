package gguf

import (
	"encoding/binary"
	"fmt"

	"cllm4rec/core/contract"
)

// reader walks the head of a file. After the first error it reads zeros.
type reader struct {
	data []byte
	at   int
	err  error
}

func damaged(format string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, format, args...)
}

func unsupported(format string, args ...any) error {
	return contract.Errorf(contract.ErrUnsupported, format, args...)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// take is the next n bytes where they lie, nil after an error.
func (r *reader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.data)-r.at) {
		r.fail(damaged("byte %d: %d more bytes are wanted, the file has %d: truncated or damaged", r.at, n, len(r.data)-r.at))
	}
	if r.err != nil {
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// text reads a text of at most so many bytes.
func (r *reader) text(most uint64, what string) string {
	n := r.uint64()
	if n > most {
		r.fail(damaged("byte %d: %s of %d bytes, at most %d are allowed", r.at, what, n, most))
	}
	return string(r.take(n))
}

// wrap says to what an error belongs.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
