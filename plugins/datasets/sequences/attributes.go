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
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/rows"
)

// attributeName is what the attribute is called: the files do not say whether
// their numbers are categories, brands or tags.
const attributeName = "attributes"

// maxPerItem is how many attributes an item may have; real ones have dozens.
const maxPerItem = 1 << 16

// Attributes streams the set of attribute ids of every item in the file that
// Params.Attributes names, as words; nothing without it. An id that an item has
// several times counts once.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	path := d.Params().Attributes
	if path == "" {
		return nil
	}
	text, err := lines.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }() // read only: nothing can be lost
	w := &rows.Attribute{Name: attributeName, Entity: contract.EntityItem, Type: contract.AttributeSet, Yield: yield}
	if err := readAttributes(ctx, path, text, w.Set); err != nil {
		return err
	}
	return w.Flush()
}

// attributeReader walks over {"item": [id, id, ...], ...} token by token, so that
// no more than one item is in memory.
type attributeReader struct {
	path   string
	feed   *feed
	tokens *json.Decoder
	items  map[string]struct{}
}

// readAttributes hands every item with its ids to do, in the order of the file.
func readAttributes(ctx context.Context, path string, text io.Reader, do func(item string, ids []string) error) error {
	f := &feed{ctx: ctx, from: transform.NewReader(text, encoding.UTF8Validator)}
	r := &attributeReader{path: path, feed: f, tokens: json.NewDecoder(f), items: map[string]struct{}{}}
	r.tokens.UseNumber()
	if err := r.expect(json.Delim('{'), "an object of lists of attributes by item"); err != nil {
		return err
	}
	for r.tokens.More() {
		item, ids, err := r.item()
		if err == nil {
			err = do(item, ids)
		}
		if err != nil {
			return err
		}
	}
	if err := r.expect(json.Delim('}'), "an item or the end of the object"); err != nil {
		return err
	}
	if _, err := r.tokens.Token(); !errors.Is(err, io.EOF) || f.err != nil {
		return r.errorf("something stands behind the object, expected the end of the file")
	}
	return nil
}

func (r *attributeReader) item() (item string, ids []string, err error) {
	token, err := r.next()
	if err != nil {
		return "", nil, err
	}
	item, _ = token.(string) // the name of a field is a text: the decoder sees to it
	if _, again := r.items[item]; again || item == "" {
		return "", nil, r.errorf("item %q is empty or stands there twice", item)
	}
	r.items[item] = struct{}{}
	if err := r.expect(json.Delim('['), "a list of attributes of item "+item); err != nil {
		return "", nil, err
	}
	seen := map[string]struct{}{}
	for n := 0; r.tokens.More(); n++ {
		id, err := r.id(item)
		if err != nil {
			return "", nil, err
		}
		if n == maxPerItem {
			return "", nil, r.errorf("item %q has more than %d attributes: the file is damaged", item, maxPerItem)
		}
		if _, again := seen[id]; !again {
			seen[id] = struct{}{}
			ids = append(ids, id)
		}
	}
	return item, ids, r.expect(json.Delim(']'), "an attribute or the end of the list of item "+item)
}

// whole is an id that is a number, such as 17.
var whole = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// id is an attribute: a text, or a whole number from 0.
func (r *attributeReader) id(item string) (string, error) {
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
	return "", r.errorf("an attribute of item %q is %.40q, expected a whole number from 0 or a text", item, printed(token))
}

func printed(token json.Token) string {
	if token == nil {
		return "null"
	}
	return fmt.Sprint(token)
}

// expect moves over a bracket.
func (r *attributeReader) expect(bracket json.Delim, what string) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	if token != bracket {
		return r.errorf("%.40q, expected %s", printed(token), what)
	}
	return nil
}

func (r *attributeReader) next() (json.Token, error) {
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
func (r *attributeReader) errorf(format string, args ...any) error {
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
