package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams of the users age (number), location (text) and country (category,
// the end of the location), and of the books author and publisher (categories) and
// year (number).
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	s, err := d.open("Attributes")
	if err != nil {
		return err
	}
	a := &attributes{
		users: rows.Described{Entity: contract.EntityUser, Yield: yield, Order: []string{"age", "location", "country"}},
		books: rows.Described{Entity: contract.EntityItem, Yield: yield, Order: []string{"author", "publisher", "year"}},
		seen:  map[string]int{},
	}
	path, err := s.Need(s.users, "locations and ages")
	if err == nil {
		err = s.each(ctx, path, userColumns(), a.user)
	}
	if err == nil {
		err = s.eachBook(ctx, a.book)
	}
	if err == nil {
		err = a.users.Flush()
	}
	if err == nil {
		err = a.books.Flush()
	}
	return err
}

// attributes are those that are gathered while the files are read.
type attributes struct {
	users, books rows.Described
	seen         map[string]int // line of each user
}

// user takes a record. NULL is how the published file says that there is no age, and
// below 1 there is none either.
func (a *attributes) user(r record) (damage, err error) {
	id, damage := r.ID(r.at[userID])
	if damage != nil {
		return damage, nil
	}
	if before, again := a.seen[id]; again {
		return r.Errorf("user %q stands in line %d already", id, before), nil
	}
	age := 0.0
	if text := r.text(userAge); text != "" && text != "NULL" {
		if age, damage = r.Number(r.at[userAge]); damage != nil {
			return damage, nil
		}
	}
	a.seen[id] = r.Line
	location := r.text(userLocation)
	if location == "NULL" {
		location = ""
	}
	return nil, a.users.Add(id, rows.Number("age", rows.FromOne(age)), rows.Text("location", location), rows.Category("country", country(location)))
}

// country is the end of a location that has several parts; "" where it is not known.
func country(location string) string {
	parts := strings.Split(location, ",")
	last := strings.TrimSpace(parts[len(parts)-1])
	if len(parts) < 2 || last == "n/a" {
		return ""
	}
	return last
}

// book takes a record of the books, whose year 0 is how the files say that it is not known.
func (a *attributes) book(b book) error {
	return a.books.Add(b.id, rows.Category("author", b.author), rows.Category("publisher", b.publisher), rows.Number("year", rows.FromOne(b.year)))
}
