package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/object"
)

// The types of fields (RecBole's documentation, "Atomic Files").
const (
	token     = "token"
	tokens    = "token_seq"
	number    = "float"
	numbers   = "float_seq"
	allFields = token + ", " + tokens + ", " + number + ", " + numbers
)

// field is one column of an atomic file.
type field struct {
	name, kind string
	at         int
}

// is reports whether there is such a field.
func (f field) is() bool { return f.name != "" }

// atomic is one atomic file, whose header is read.
type atomic struct {
	path   string
	params Params
	fields []field
}

// openAtomic reads the header of an atomic file.
func openAtomic(ctx context.Context, path string, p Params) (*atomic, error) {
	a := &atomic{path: path, params: p}
	enough := errors.New("the header is read")
	o := a.options()
	o.Begin = func(columns []string) error {
		for i, column := range columns {
			name, kind, ok := strings.Cut(column, ":")
			if !ok || name == "" || !slices.Contains([]string{token, tokens, number, numbers}, kind) {
				return contract.Errorf(contract.ErrBadData, "%s:1: the column %q of the header has no name and type, expected name:type, with a type of %s (plugin table reads files without types)", path, column, allFields)
			}
			if at := slices.IndexFunc(a.fields, func(f field) bool { return f.name == name }); at >= 0 {
				return contract.Errorf(contract.ErrBadData, "%s:1: the header has the field %q twice", path, name)
			}
			a.fields = append(a.fields, field{name, kind, i})
		}
		return enough
	}
	err := delimited.Each(ctx, path, o, func(delimited.Record) error { return nil })
	if errors.Is(err, enough) {
		err = nil
	}
	return a, err
}

func (a *atomic) options() delimited.Options {
	return delimited.Options{Separator: a.params.Fields, Quotes: a.params.Quotes, Header: true}
}

// each calls do for every record.
func (a *atomic) each(ctx context.Context, do func(delimited.Record) error) error {
	o := a.options()
	o.Begin = func(columns []string) error {
		if len(columns) != len(a.fields) {
			return contract.Errorf(contract.ErrBadData, "%s: the header changed while the file was read", a.path)
		}
		return nil
	}
	return delimited.Each(ctx, a.path, o, do)
}

// names are those of the fields.
func (a *atomic) names() []string {
	all := make([]string, len(a.fields))
	for i, f := range a.fields {
		all[i] = f.name
	}
	return all
}

// find is the field of this name, or one that is not.
func (a *atomic) find(name string) field {
	for _, f := range a.fields {
		if f.name == name {
			return f
		}
	}
	return field{}
}

// need is the field that a parameter names.
func (a *atomic) need(parameter, name string) (field, error) {
	f := a.find(name)
	if !f.is() {
		return f, contract.Errorf(contract.ErrInvalid, "%s: %s: there is no field %q%s", a.path, parameter, name, sdk.Hint(name, a.names()))
	}
	return f, nil
}

// optional is the field that a parameter names, or the usual one where there is one.
func (a *atomic) optional(parameter, name, usual string) (field, error) {
	switch name {
	case none:
		return field{}, nil
	case "":
		return a.find(usual), nil
	}
	return a.need(parameter, name)
}

// interaction is where the fields of interactions stand.
type interaction struct{ user, item, value, time field }

func (a *atomic) interactions() (c interaction, err error) {
	if c.user, err = a.need("user", a.params.User); err != nil {
		return c, err
	}
	if list := a.find(a.params.Item + "_list"); list.is() && !a.find(a.params.Item).is() {
		return c, contract.Errorf(contract.ErrInvalid, "%s: its records are sequences (field %s), expected one interaction a line, with a field %s", a.path, list.name, a.params.Item)
	}
	if c.item, err = a.need("item", a.params.Item); err != nil {
		return c, err
	}
	if c.value, err = a.optional("value", a.params.Value, "rating"); err != nil {
		return c, err
	}
	if c.time, err = a.optional("time", a.params.Time, "timestamp"); err != nil {
		return c, err
	}
	for _, one := range []struct {
		f        field
		expected string
	}{{c.user, token}, {c.item, token}, {c.value, number}, {c.time, number}} {
		if one.f.is() && one.f.kind != one.expected {
			return c, contract.Errorf(contract.ErrInvalid, "%s: the field %s is of type %s, expected %s", a.path, one.f.name, one.f.kind, one.expected)
		}
	}
	return c, nil
}

// agrees refuses a part of a split that has values or times where another has none.
func (a *atomic) agrees(before *atomic) error {
	if before == nil {
		return nil
	}
	if !slices.EqualFunc(a.fields, before.fields, func(x, y field) bool { return x.name == y.name && x.kind == y.kind }) {
		return contract.Errorf(contract.ErrBadData, "%s has the fields %s, and %s has %s: expected the same in all parts of a split", before.path, object.Listed(before.names()), a.path, object.Listed(a.names()))
	}
	return nil
}
