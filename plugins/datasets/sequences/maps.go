package main

import (
	"context"
	"encoding/json"
	"strings"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
)

// maps are what P5's datamaps.json says about the numbers of users, items and
// attributes; nil leaves every number as it is.
type maps struct {
	path         string
	users, items map[string]string // number -> raw id
	attributes   map[string]string // id -> name; nil where the file has none
}

// readMaps reads datamaps.json, an object of objects: user2id and item2id (raw id ->
// number), id2attribute (id -> name) where there are attributes, and others (id2item and
// so on) that say the same again, which are not read. nil without a path.
func readMaps(ctx context.Context, path string) (*maps, error) {
	if path == "" {
		return nil, nil
	}
	text, err := lines.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = text.Close() }() // read only: nothing can be lost
	m := &maps{path: path}
	r := &mapsReader{newTokenReader(ctx, path, text)}
	found, err := r.read(m)
	if err != nil {
		return nil, err
	}
	for _, want := range []struct {
		name string
		is   map[string]string
	}{{"user2id", m.users}, {"item2id", m.items}} {
		if want.is == nil {
			return nil, r.errorf("there is no map %q%s", want.name, sdk.Hint(want.name, found))
		}
	}
	return m, nil
}

type mapsReader struct{ *tokenReader }

// read fills m and gives the names of all maps of the file.
func (r *mapsReader) read(m *maps) (found []string, err error) {
	if err := r.expect(json.Delim('{'), "an object of maps (user2id, item2id)"); err != nil {
		return nil, err
	}
	for r.tokens.More() {
		token, err := r.next()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the name of a field is a text: the decoder sees to it
		found = append(found, name)
		switch name {
		case "user2id":
			m.users, err = r.pairs(name, m.users, true)
		case "item2id":
			m.items, err = r.pairs(name, m.items, true)
		case "id2attribute":
			m.attributes, err = r.pairs(name, m.attributes, false)
		default:
			err = r.skip()
		}
		if err != nil {
			return nil, err
		}
	}
	if err := r.expect(json.Delim('}'), "a map or the end of the object"); err != nil {
		return nil, err
	}
	return found, r.ended()
}

// pairs reads one map, which may stand there once, and turns it round where the
// numbers are its values. A number or a raw id for the second time is an error.
func (r *mapsReader) pairs(name string, before map[string]string, turned bool) (map[string]string, error) {
	if before != nil {
		return nil, r.errorf("the map %q stands there twice", name)
	}
	if err := r.expect(json.Delim('{'), "the map "+name); err != nil {
		return nil, err
	}
	m, keys := map[string]string{}, map[string]struct{}{}
	for r.tokens.More() {
		token, err := r.next()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // the name of a field is a text: the decoder sees to it
		value, err := r.word("what the map " + name + " has for " + key)
		if err != nil {
			return nil, err
		}
		_, again := keys[key]
		keys[key] = struct{}{}
		number, id := key, value
		if turned {
			number, id = value, key
		}
		if _, taken := m[number]; taken || again || key == "" || strings.ContainsAny(number, " \t") {
			return nil, r.errorf("the map %q has %q: %q, of which one is empty, has a blank, or stands there for the second time", name, key, value)
		}
		m[number] = id
	}
	return m, r.expect(json.Delim('}'), "a pair or the end of the map "+name)
}

// restore puts the raw ids in place of the numbers of a line's items, and gives that of
// its user. A number that the maps do not have is an error.
func (m *maps) restore(l lines.Line, user string, items []string) (string, error) {
	if m == nil {
		return user, nil
	}
	raw, known := m.users[user]
	if !known {
		return "", l.Errorf("user %q has no id in the map user2id of %s", user, m.path)
	}
	for i, item := range items {
		if items[i], known = m.items[item]; !known {
			return "", l.Errorf("item %q has no id in the map item2id of %s", item, m.path)
		}
	}
	return raw, nil
}

// item is the raw id of an item.
func (m *maps) item(number string) (string, bool) {
	if m == nil {
		return number, true
	}
	raw, known := m.items[number]
	return raw, known
}

// attribute is the name of an attribute.
func (m *maps) attribute(id string) (string, bool) {
	if m == nil || m.attributes == nil {
		return id, true
	}
	name, known := m.attributes[id]
	return name, known
}
