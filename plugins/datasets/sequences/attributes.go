package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
// Params.Attributes names, as words; nothing without it. With Params.Maps they are the
// names that the maps have, if they have any. An id that an item has several times
// counts once.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	w := &rows.Attribute{Name: attributeName, Entity: contract.EntityItem, Type: contract.AttributeSet, Yield: yield}
	if err := d.eachItem(ctx, w.Set); err != nil {
		return err
	}
	return w.Flush()
}

// Texts streams the same words of every item, joined by commas, as the kind of text that
// Params.Texts names; nothing without it.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	kind := contract.TextKind(d.Params().Texts)
	if kind == "" {
		return nil
	}
	w := &rows.Texts{Yield: yield}
	err := d.eachItem(ctx, func(item string, words []string) error {
		return w.Describe(item, rows.About(kind, strings.Join(words, ", ")))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// eachItem hands every item of the file of attributes with its words to do.
func (d *dataset) eachItem(ctx context.Context, do func(item string, words []string) error) error {
	path := d.Params().Attributes
	if path == "" {
		return nil
	}
	m, err := readMaps(ctx, d.Params().Maps)
	if err != nil {
		return err
	}
	text, err := lines.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }() // read only: nothing can be lost
	return readAttributes(ctx, path, text, m, do)
}

// attributeReader walks over {"item": [id, id, ...], ...}.
type attributeReader struct {
	*tokenReader
	maps  *maps
	items map[string]struct{}
}

// readAttributes hands every item with its ids to do, in the order of the file.
func readAttributes(ctx context.Context, path string, text io.Reader, m *maps, do func(item string, ids []string) error) error {
	r := &attributeReader{tokenReader: newTokenReader(ctx, path, text), maps: m, items: map[string]struct{}{}}
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
	return r.ended()
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
	if err := r.expect(json.Delim(']'), "an attribute or the end of the list of item "+item); err != nil {
		return "", nil, err
	}
	raw, known := r.maps.item(item)
	if !known {
		return "", nil, r.errorf("item %q has no id in the maps", item)
	}
	return raw, ids, nil
}

// id is an attribute, by its name where the maps have names.
func (r *attributeReader) id(item string) (string, error) {
	id, err := r.word(fmt.Sprintf("an attribute of item %q", item))
	if err != nil {
		return "", err
	}
	name, known := r.maps.attribute(id)
	if !known {
		return "", r.errorf("attribute %q of item %q has no name in the maps", id, item)
	}
	return name, nil
}
