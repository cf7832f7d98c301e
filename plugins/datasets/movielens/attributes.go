package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams of the users age (number, 100k), age_range (category, 1m),
// gender and occupation (categories), and of the movies genres (set) and year
// (number, of the title).
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	s, err := d.open(ctx, "Attributes")
	if err != nil {
		return err
	}
	users := rows.Described{Entity: contract.EntityUser, Yield: yield, Order: []string{"age", "age_range", "gender", "occupation"}}
	err = s.eachUser(ctx, func(u user) error {
		return users.Add(u.id, rows.Number("age", rows.FromOne(u.age)), rows.Category("age_range", u.ages), rows.Category("gender", u.gender), rows.Category("occupation", u.occupation))
	})
	if err != nil {
		return err
	}
	movies := rows.Described{Entity: contract.EntityItem, Yield: yield, Order: []string{"genres", "year"}}
	err = s.eachMovie(ctx, func(m movie) error {
		return movies.Add(m.id, rows.Set("genres", m.genres), rows.Number("year", rows.FromOne(m.year)))
	})
	if err != nil {
		return err
	}
	if err := users.Flush(); err != nil {
		return err
	}
	return movies.Flush()
}
