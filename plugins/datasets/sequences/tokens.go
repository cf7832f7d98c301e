package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"cllm4rec/core/contract"
)

// tokenReader walks over a JSON file token by token, so that no more than one of them is
// in memory. Its errors name the file and the byte.
type tokenReader struct {
	path   string
	feed   *feed
	tokens *json.Decoder
}

func newTokenReader(ctx context.Context, path string, text io.Reader) *tokenReader {
	f := &feed{ctx: ctx, from: transform.NewReader(text, encoding.UTF8Validator)}
	r := &tokenReader{path: path, feed: f, tokens: json.NewDecoder(f)}
	r.tokens.UseNumber()
	return r
}

// ended wants the end of the file.
func (r *tokenReader) ended() error {
	if _, err := r.tokens.Token(); !errors.Is(err, io.EOF) || r.feed.err != nil {
		return r.errorf("something stands behind the object, expected the end of the file")
	}
	return nil
}

// whole is an id that is a number, such as 17.
var whole = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// word is a text that is not empty, or a whole number from 0; what names it in errors.
func (r *tokenReader) word(what string) (string, error) {
	token, err := r.next()
	if err != nil {
		return "", err
	}
	switch v := token.(type) {
	case string:
		if v != "" {
			return v, nil
		}
	case json.Number:
		if whole.MatchString(v.String()) {
			return v.String(), nil
		}
	}
	return "", r.errorf("%s is %.40q, expected a whole number from 0 or a text", what, printed(token))
}

// skip moves over a value, whatever it is.
func (r *tokenReader) skip() error {
	for depth := 0; ; {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func printed(token json.Token) string {
	if token == nil {
		return "null"
	}
	return fmt.Sprint(token)
}

// expect moves over a bracket.
func (r *tokenReader) expect(bracket json.Delim, what string) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	if token != bracket {
		return r.errorf("%.40q, expected %s", printed(token), what)
	}
	return nil
}

func (r *tokenReader) next() (json.Token, error) {
	token, err := r.tokens.Token()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, r.errorf("the JSON object ends early: the file is truncated")
		}
		return nil, r.errorf("no JSON: %v", err)
	}
	r.feed.taken = r.tokens.InputOffset()
	return token, nil
}

// errorf is an ErrBadData with the place in the file, or what reading failed with.
func (r *tokenReader) errorf(format string, args ...any) error {
	switch err := r.feed.err; {
	case errors.Is(err, encoding.ErrInvalidUTF8):
		return contract.Errorf(contract.ErrBadData, "%s: not UTF-8 near byte %d", r.path, r.feed.given)
	case errors.Is(err, errLong):
		return contract.Errorf(contract.ErrBadData, "%s: byte %d: %v", r.path, r.feed.taken, err)
	case err != nil:
		return err
	}
	return contract.Errorf(contract.ErrBadData, "%s: byte %d: %s", r.path, r.tokens.InputOffset(), fmt.Sprintf(format, args...))
}

// maxToken is how long a text or a stretch of white space may be, in bytes: the
// decoder keeps it in memory and looks through it again at every read.
const maxToken = 1 << 20

var errLong = errors.New("one text or stretch of white space is longer than 1 MiB: the file is damaged")

// feed counts what it hands to the decoder and keeps the first error but io.EOF.
type feed struct {
	ctx          context.Context
	from         io.Reader
	given, taken int64 // bytes read, and those of them that became tokens
	err          error
}

func (f *feed) Read(p []byte) (int, error) {
	if f.err = f.ctx.Err(); f.err == nil && f.given-f.taken > maxToken {
		f.err = errLong
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.from.Read(p)
	f.given += int64(n)
	if err != io.EOF {
		f.err = err
	}
	return n, err
}
