package main

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/times"
)

// jsonSource is a file of one JSON object a line.
type jsonSource struct {
	path  string
	form  form
	names []string
}

// openJSON takes the keys of the first objects for the columns.
func openJSON(ctx context.Context, path string, f form) (*jsonSource, error) {
	s := &jsonSource{path: path, form: f}
	seen, n := map[string]bool{}, 0
	err := lines.Each(ctx, path, func(l lines.Line) error {
		o, err := object.Parse(l)
		if err != nil {
			return err
		}
		for _, key := range o.Keys() {
			if !seen[key] {
				seen[key] = true
				s.names = append(s.names, key)
			}
		}
		if len(s.names) > maxKeys {
			return l.Errorf("the objects up to here have more than %d keys, expected the same few in each", maxKeys)
		}
		if n++; n == looked {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if n == 0 {
		return nil, contract.Errorf(contract.ErrBadData, "%s: the file is empty", path)
	}
	return s, nil
}

// maxKeys is how many keys the first objects of a file may have together.
const maxKeys = 10_000

func (s *jsonSource) columns() []string { return s.names }

func (s *jsonSource) read(ctx context.Context, wanted []int, do func(row) error) error {
	r := &jsonRow{source: s}
	for _, i := range wanted {
		r.keys = append(r.keys, s.names[i])
	}
	return lines.Each(ctx, s.path, func(l lines.Line) error {
		var err error
		if r.Object, err = object.Parse(l); err != nil {
			return err
		}
		return do(r)
	})
}

// jsonRow is the object of a line.
type jsonRow struct {
	*object.Object
	source *jsonSource
	keys   []string
}

func (r *jsonRow) id(i int) ([]byte, error) {
	switch v := r.Value(r.keys[i]).(type) {
	case string:
		if id := strings.TrimSpace(v); id != "" {
			return []byte(id), nil
		}
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") { // a whole number of more than 64 bits
			return []byte(v.String()), nil
		}
	}
	return nil, r.wrong(i, "an identifier: a text or a whole number")
}

func (r *jsonRow) number(i int) (n float64, known bool, err error) {
	switch v := r.Value(r.keys[i]).(type) {
	case nil:
		return 0, false, nil
	case string:
		if r.source.form.unknown(v) {
			return 0, false, nil
		}
		return 0, false, r.wrong(i, "a number")
	case bool:
		return 0, false, r.wrong(i, "a number")
	}
	f, err := r.Float(r.keys[i])
	if err != nil {
		return 0, false, err
	}
	return *f, true, nil
}

func (r *jsonRow) seconds(i int, c *times.Column) (seconds int64, err error) {
	switch v := r.Value(r.keys[i]).(type) {
	case string:
		seconds, err = c.Seconds([]byte(v))
	case int64:
		seconds, err = c.Whole(v)
	case float64:
		seconds, err = c.Number(v)
	case json.Number:
		seconds, err = c.Seconds([]byte(v))
	default:
		return 0, r.wrong(i, "a time")
	}
	if err != nil {
		return 0, r.Errorf("the field %s %v", r.keys[i], err)
	}
	return seconds, nil
}

func (r *jsonRow) text(i int) (string, error) {
	switch v := r.Value(r.keys[i]).(type) {
	case nil:
		return "", nil
	case string:
		if r.source.form.unknown(v) {
			return "", nil
		}
		return strings.TrimSpace(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case json.Number:
		return v.String(), nil
	case []any:
		words, err := r.list(i)
		return strings.Join(words, " "), err
	}
	return "", r.wrong(i, "a text or a number")
}

func (r *jsonRow) list(i int) (words []string, err error) {
	switch v := r.Value(r.keys[i]).(type) {
	case string:
		return r.source.form.pieces(v), nil
	case []any:
		for _, e := range v {
			switch word := e.(type) {
			case string:
				words = append(words, strings.TrimSpace(word))
			case float64:
				words = append(words, strconv.FormatFloat(word, 'f', -1, 64))
			default:
				return nil, r.wrong(i, "a list of nothing but texts and numbers")
			}
		}
		return words, nil
	case nil:
		return nil, nil
	}
	return nil, r.wrong(i, "a list or a text")
}

func (r *jsonRow) wrong(i int, expected string) error {
	key := r.keys[i]
	if r.Value(key) == nil {
		return r.Errorf("the field %s is missing, expected %s; the fields found are %s", key, expected, object.Listed(r.Keys()))
	}
	return r.Errorf("the field %s is %s, expected %s", key, shown(r.Value(key)), expected)
}

// shown is a value in a message.
func shown(v any) string {
	raw, err := json.Marshal(v)
	if err != nil || len(raw) > 40 {
		raw = append(raw[:min(len(raw), 40)], "..."...)
	}
	return string(raw)
}
