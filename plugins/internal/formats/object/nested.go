package object

import (
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
)

// Object is the object in a field; nil when it is absent. Its errors name the field
// with the names of those around it.
func (o *Object) Object(key string) (*Object, error) {
	if o.python != nil {
		if o.python[key] == nil {
			return nil, nil
		}
		return inside(o.line, o.within+key, o.python[key])
	}
	for _, f := range o.json {
		if f.name == key && f.raw[0] != 'n' {
			return insideJSON(o.line, o.within+key, f.raw)
		}
	}
	return nil, nil
}

// Objects is a list of nothing but objects; none when it is absent. Errors as Object's.
func (o *Object) Objects(key string) (out []*Object, err error) {
	if o.python != nil {
		return o.pythonObjects(key)
	}
	for _, f := range o.json {
		switch {
		case f.name != key || f.raw[0] == 'n':
			continue
		case f.raw[0] != '[':
			return nil, o.wrong(key, decode(f.raw), "a list of objects")
		}
		for i, raw := range elementsOf(f.raw) {
			element, err := insideJSON(o.line, fmt.Sprintf("%s%s[%d]", o.within, key, i), raw)
			if err != nil {
				return nil, err
			}
			out = append(out, element)
		}
	}
	return out, nil
}

func (o *Object) pythonObjects(key string) (out []*Object, err error) {
	list, ok := o.python[key].([]any)
	if !ok && o.python[key] != nil {
		return nil, o.wrong(key, o.python[key], "a list of objects")
	}
	for i, v := range list {
		element, err := inside(o.line, fmt.Sprintf("%s%s[%d]", o.within, key, i), v)
		if err != nil {
			return nil, err
		}
		out = append(out, element)
	}
	return out, nil
}

func inside(l lines.Line, place string, v any) (*Object, error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, l.Errorf("the field %s is %s, expected an object", place, kind(v))
	}
	return &Object{line: l, within: place + ".", python: fields}, nil
}

func insideJSON(l lines.Line, place string, raw []byte) (*Object, error) {
	if raw[0] != '{' {
		return nil, l.Errorf("the field %s is %s, expected an object", place, kind(decode(raw)))
	}
	fields, err := fieldsOf(l, raw)
	return &Object{line: l, within: place + ".", json: fields}, err
}

// Want is an error where a field is missing: it says what the object should be, such
// as "a review of Yelp", and which fields it has instead.
func (o *Object) Want(what string, keys ...string) error {
	for _, key := range keys {
		if !o.Has(key) {
			return o.line.Errorf("%s has no field %s%s%s", what, o.within, key, sdk.Hint(key, o.Keys()))
		}
	}
	return nil
}

// Has reports whether there is a field of this name, were it null.
func (o *Object) Has(key string) bool {
	if o.python != nil {
		_, ok := o.python[key]
		return ok
	}
	return slices.ContainsFunc(o.json, func(f field) bool { return f.name == key })
}

// Listed names some keys, for messages: at most twelve, each cut to 40 letters.
func Listed(keys []string) string {
	const most = 12
	if len(keys) == 0 {
		return "none"
	}
	text := fmt.Sprintf("%.40q", keys[:min(len(keys), most)])
	text = strings.ReplaceAll(strings.Trim(text, "[]"), `" "`, `", "`)
	if more := len(keys) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
