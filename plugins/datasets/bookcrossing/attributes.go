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
	of := func(entity contract.Entity, name string, kind contract.AttributeType) *rows.Attribute {
		return &rows.Attribute{Name: name, Entity: entity, Type: kind, Yield: yield}
	}
	a := &attributes{
		age: of(contract.EntityUser, "age", contract.AttributeNumber), location: of(contract.EntityUser, "location", contract.AttributeText),
		country: of(contract.EntityUser, "country", contract.AttributeCategory), author: of(contract.EntityItem, "author", contract.AttributeCategory),
		publisher: of(contract.EntityItem, "publisher", contract.AttributeCategory), year: of(contract.EntityItem, "year", contract.AttributeNumber),
		seen: map[string]int{},
	}
	path, err := s.Need(s.users, "locations and ages")
	if err == nil {
		err = s.each(ctx, path, userColumns(), a.user)
	}
	if err == nil {
		err = s.eachBook(ctx, a.book)
	}
	for _, w := range []*rows.Attribute{a.age, a.location, a.country, a.author, a.publisher, a.year} {
		if err == nil {
			err = w.Flush()
		}
	}
	return err
}

// attributes are the columns that are filled while the files are read.
type attributes struct {
	age, location, country, author, publisher, year *rows.Attribute
	seen                                            map[string]int // line of each user
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
	if age >= 1 {
		if err := a.age.Number(id, age); err != nil {
			return nil, err
		}
	}
	return nil, a.place(id, r.text(userLocation))
}

// place adds a location and the country at its end.
func (a *attributes) place(id, location string) error {
	if location == "" || location == "NULL" {
		return nil
	}
	if err := a.location.Word(id, location); err != nil {
		return err
	}
	parts := strings.Split(location, ",")
	country := strings.TrimSpace(parts[len(parts)-1])
	if len(parts) < 2 || country == "" || country == "n/a" {
		return nil
	}
	return a.country.Word(id, country)
}

func (a *attributes) book(b book) error {
	if b.author != "" {
		if err := a.author.Word(b.id, b.author); err != nil {
			return err
		}
	}
	if b.publisher != "" {
		if err := a.publisher.Word(b.id, b.publisher); err != nil {
			return err
		}
	}
	if b.year <= 0 { // 0 is how the files say that it is not known
		return nil
	}
	return a.year.Number(b.id, float64(b.year))
}
