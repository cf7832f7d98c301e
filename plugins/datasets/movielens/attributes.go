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
	of := func(entity contract.Entity, name string, kind contract.AttributeType) *rows.Attribute {
		return &rows.Attribute{Name: name, Entity: entity, Type: kind, Yield: yield}
	}
	a := &attributes{
		age: of(contract.EntityUser, "age", contract.AttributeNumber), ages: of(contract.EntityUser, "age_range", contract.AttributeCategory),
		gender: of(contract.EntityUser, "gender", contract.AttributeCategory), occupation: of(contract.EntityUser, "occupation", contract.AttributeCategory),
		genres: of(contract.EntityItem, "genres", contract.AttributeSet), year: of(contract.EntityItem, "year", contract.AttributeNumber),
	}
	if err := s.eachUser(ctx, a.user); err != nil {
		return err
	}
	if err := s.eachMovie(ctx, a.movie); err != nil {
		return err
	}
	return a.flush()
}

// attributes are the columns that are filled while the files are read.
type attributes struct{ age, ages, gender, occupation, genres, year *rows.Attribute }

func (a *attributes) user(u user) error {
	if u.age > 0 {
		if err := a.age.Number(u.id, float64(u.age)); err != nil {
			return err
		}
	}
	if u.ages != "" {
		if err := a.ages.Word(u.id, u.ages); err != nil {
			return err
		}
	}
	if err := a.gender.Word(u.id, u.gender); err != nil {
		return err
	}
	if u.occupation == "" {
		return nil
	}
	return a.occupation.Word(u.id, u.occupation)
}

func (a *attributes) movie(m movie) error {
	if len(m.genres) > 0 {
		if err := a.genres.Set(m.id, m.genres); err != nil {
			return err
		}
	}
	if m.year == 0 {
		return nil
	}
	return a.year.Number(m.id, float64(m.year))
}

func (a *attributes) flush() error {
	for _, w := range []*rows.Attribute{a.age, a.ages, a.gender, a.occupation, a.genres, a.year} {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}
