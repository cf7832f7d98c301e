package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/rows"
)

// The columns of a file of users.
const (
	profileUser = iota
	profileGender
	profileAge
	profileCountry
)

// Attributes streams gender and country (categories) and age (number) of the users who
// told them; HetRec has none.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	s, err := d.open("Attributes")
	if err != nil || s.profiles.file == "" {
		return err
	}
	path, err := s.Need(s.profiles.file, "gender, age and country of users")
	if err != nil {
		return err
	}
	p := &profiles{Described: rows.Described{Entity: contract.EntityUser, Yield: yield, Order: []string{"gender", "age", "country"}}, seen: map[string]int{}}
	if err := s.each(ctx, path, s.profiles.options, p.user); err != nil {
		return err
	}
	return p.Flush()
}

// profiles are the attributes that are gathered while the file is read.
type profiles struct {
	rows.Described
	seen map[string]int // line of each user
}

// user takes a line. An age below 1 is how the files say, or users joke, that there is
// none.
func (p *profiles) user(r delimited.Record) (damage, err error) {
	id, damage := r.ID(profileUser)
	if damage != nil {
		return damage, nil
	}
	if before, again := p.seen[id]; again {
		return r.Errorf("user %q stands in line %d already", id, before), nil
	}
	age, damage := int64(0), error(nil)
	if len(r.Trimmed(profileAge)) > 0 {
		if age, damage = r.Whole(profileAge); damage != nil {
			return damage, nil
		}
	}
	p.seen[id] = r.Line
	return nil, p.Add(id, rows.Category("gender", r.Text(profileGender)), rows.Number("age", rows.FromOne(age)), rows.Category("country", r.Text(profileCountry)))
}
