package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/object"
)

// layout is a table of interactions and the places of its columns.
type layout struct {
	table  *table
	params Params
	at     map[string]int // by role; absent where there is none
}

// roles are the columns of interactions.
func (p Params) roles() []role {
	return []role{
		{"user", p.User, true}, {"item", p.Item, true}, {"value", p.Value, false}, {"time", p.Time, false}, {"part", p.Part, false}, {"review", p.Review, false},
	}
}

// open looks at a table of interactions and finds its columns, which the log is told once.
func (d *dataset) open(ctx context.Context, p part) (*layout, error) {
	params := d.Params()
	t, err := openTable(ctx, p.path, params.naming(params.roles()))
	if err != nil {
		return nil, err
	}
	l := &layout{table: t, params: params, at: map[string]int{}}
	if err := l.find(p.part != contract.PartAll); err != nil {
		return nil, err
	}
	if !d.told[p.path] {
		d.told[p.path] = true
		t.parts.tell(p.path)
		l.tell()
	}
	return l, nil
}

func (l *layout) find(given bool) error {
	if s, unnamed := l.unnamed(); unnamed {
		at, err := s.positions()
		for _, r := range l.params.roles() {
			l.at[r.name] = absent
			if place, known := at[r.name]; known && r.column != none {
				l.at[r.name] = place
			}
		}
		return err
	}
	if err := l.findNamed(); err != nil {
		return err
	}
	if given || l.params.Part == "" && l.at["part"] != absent && !l.saysParts() {
		l.at["part"] = absent
	}
	return l.distinct()
}

// findNamed finds the columns that the user names, and then, among the others, those
// that have usual names.
func (l *layout) findNamed() error {
	var taken []int
	for _, recognised := range []bool{false, true} {
		for _, r := range l.params.roles() {
			if recognised != (r.column == "") {
				continue
			}
			at, err := r.find(l.table.columns(), r.name, taken...)
			if err != nil {
				return invalid("%s: %v", l.table.path, err)
			}
			l.at[r.name], taken = at, append(taken, at)
		}
	}
	return nil
}

// unnamed is the text whose columns have no names, where the user says nothing about
// them either.
func (l *layout) unnamed() (*textSource, bool) {
	s, ok := l.table.first.(*textSource)
	if !ok || s.options.Header {
		return nil, false
	}
	return s, !slices.ContainsFunc(l.params.roles(), func(r role) bool { return r.column != "" && r.column != none })
}

// saysParts reports whether a column that is called like one of parts, but was not
// named, holds their names: a column "fold" may well hold numbers.
func (l *layout) saysParts() bool {
	s, ok := l.table.first.(*textSource)
	if !ok {
		return strings.EqualFold(l.name("part"), "split")
	}
	return all(s.sample, l.at["part"], func(field string) bool { return partNames[plain(field)] != "" })
}

// distinct refuses one column in two roles.
func (l *layout) distinct() error {
	taken := map[int]string{}
	for _, r := range l.params.roles() {
		at := l.at[r.name]
		if at == absent {
			continue
		}
		if other, again := taken[at]; again {
			return invalid("%s: the column %s is both %s and %s", l.table.path, l.name(r.name), other, r.name)
		}
		taken[at] = r.name
	}
	return nil
}

// name is what the column of a role is called, "" where there is none.
func (l *layout) name(role string) string {
	at := l.at[role]
	if at == absent {
		return ""
	}
	return l.table.name(at)
}

// name is the name of a column, or its number.
func (t *table) name(at int) string {
	if name := t.columns()[at]; name != "" {
		return name
	}
	return fmt.Sprint(at + 1)
}

// tell says in the log which column is what, and which are not read.
func (l *layout) tell() {
	var columns []string
	var read []int
	for _, r := range l.params.roles() {
		at := l.at[r.name]
		if read = append(read, at); at != absent {
			columns = append(columns, r.name+": "+l.name(r.name))
		} else if r.name == "value" || r.name == "time" {
			columns = append(columns, r.name+": none")
		}
	}
	log := sdk.Logger()
	line := log.Info().Str("table", l.table.path).Str("columns", strings.Join(columns, ", "))
	if s, ok := l.table.first.(*textSource); ok {
		line = line.Str("separator", s.options.Separator).Bool("header", s.options.Header)
	}
	var other []string
	for i := range l.table.columns() {
		if !slices.Contains(read, i) {
			other = append(other, l.table.name(i))
		}
	}
	if len(other) > 0 {
		line = line.Str("other_columns", object.Listed(other))
	}
	line.Msg("columns of the interactions recognised")
}

// agrees refuses a part of a split that has values or times where another has none.
func (l *layout) agrees(before *layout) error {
	if before == nil {
		return nil
	}
	for _, role := range []string{"value", "time"} {
		if (l.at[role] == absent) != (before.at[role] == absent) {
			return contract.Errorf(contract.ErrBadData, "%s has the %s column %q and %s has %q: expected one in both or in none (%s: none)", before.table.path, role, before.name(role), l.table.path, l.name(role), role)
		}
	}
	return nil
}

// wanted are the columns that one reading asks for.
type wanted struct {
	roles   []string
	columns []int
}

func (l *layout) wanted(roles ...string) wanted {
	var w wanted
	for _, role := range roles {
		if at := l.at[role]; at != absent {
			w.add(role, at)
		}
	}
	return w
}

func (w *wanted) add(role string, column int) {
	w.roles, w.columns = append(w.roles, role), append(w.columns, column)
}

// place is where a row has the cell of a role, or absent.
func (w wanted) place(role string) int { return slices.Index(w.roles, role) }
