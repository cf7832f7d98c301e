package main

import (
	"strings"
	"unicode/utf8"

	"cllm4rec/plugins/internal/formats/lines"
)

// reader takes the lines of one file apart. It remembers the line of every user,
// and of a line its items.
type reader struct {
	lone    bool           // a user may stand alone
	repeats bool           // an item may stand there twice
	users   map[string]int // user -> number of the line
	items   map[string]int // item -> place in the line that is read
	last    int            // number of the line before
}

func newReader(lone, repeats bool) *reader {
	return &reader{lone: lone, repeats: repeats, users: map[string]int{}, items: map[string]int{}}
}

// read gives the user of a line and the items behind it. A blank line before it,
// a user without items (unless lone), a user for the second time, an item for the
// second time (unless repeats) and text that is not UTF-8 are an ErrBadData with file and line.
func (r *reader) read(l lines.Line) (user string, items []string, err error) {
	if l.Number != r.last+1 {
		l.Number = r.last + 1
		return "", nil, l.Errorf("the line is empty, expected a user and items")
	}
	r.last = l.Number
	if !utf8.Valid(l.Bytes) {
		return "", nil, l.Errorf("the line is not UTF-8")
	}
	fields := strings.Fields(string(l.Bytes))
	user, items = fields[0], fields[1:]
	if len(items) == 0 && !r.lone {
		return "", nil, l.Errorf("user %q has no items, expected a user and items with spaces between them", user)
	}
	if before, again := r.users[user]; again {
		return "", nil, l.Errorf("user %q stands in line %d already, expected one line for each user", user, before)
	}
	r.users[user] = l.Number
	if r.repeats {
		return user, items, nil
	}
	return user, items, r.distinct(l, user, items)
}

// distinct refuses an item that a line has twice.
func (r *reader) distinct(l lines.Line, user string, items []string) error {
	clear(r.items)
	for at, item := range items {
		if before, again := r.items[item]; again {
			return l.Errorf("user %q has item %q twice, at positions %d and %d; where that is meant, say repeats: keep", user, item, before+1, at+1)
		}
		r.items[item] = at
	}
	return nil
}
