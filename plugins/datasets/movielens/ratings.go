package main

import (
	"context"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/rows"
)

// part is one file of ratings and the part of the split that it is.
type part struct {
	path string
	part contract.Part
}

// ratings are the files of ratings that the parameters ask for.
func (s *source) ratings() ([]part, error) {
	r, fold := s.release, s.params.Fold
	if fold == "" {
		path, err := s.Need(r.ratings.name, "the ratings")
		return []part{{path, contract.PartAll}}, err
	}
	if !slices.Contains(r.folds, fold) {
		return nil, contract.Errorf(contract.ErrInvalid, "fold: release %s has no fold %s; 100k has u1 to u5, ua and ub, 10m has r1 to r5, ra and rb", r, fold)
	}
	training, err := s.Need(fold+r.training, "the training ratings of fold "+fold)
	if err != nil {
		return nil, err
	}
	test, err := s.Need(fold+r.test, "the test ratings of fold "+fold)
	return []part{{training, contract.PartTrain}, {test, contract.PartTest}}, err
}

// The columns of a file of ratings.
const (
	ratingUser = iota
	ratingMovie
	ratingStars
	ratingTime
)

// Interactions streams one row per rating, in the order of the file; with Params.Fold
// those of the training part and then those of the test part.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	s, err := d.open(ctx, "Interactions")
	if err != nil {
		return err
	}
	parts, err := s.ratings()
	if err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: true, Times: true}
	for _, p := range parts {
		users, movies := newNumbers(p.path, "user"), newNumbers(p.path, "item")
		err := delimited.Each(ctx, p.path, s.release.ratings.table, func(r delimited.Record) error {
			row, err := rating(r, users, movies)
			if err != nil {
				return err
			}
			return w.Add(p.part, row)
		})
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

func rating(r delimited.Record, users, movies *numbers) (row rows.Interaction, err error) {
	known := false
	if row.User, known = users.of(r.Fields[ratingUser]); !known {
		return row, r.Wrong(ratingUser, "a whole number")
	}
	if row.Item, known = movies.of(r.Fields[ratingMovie]); !known {
		return row, r.Wrong(ratingMovie, "a whole number")
	}
	if row.Value, err = stars(r); err != nil {
		return row, err
	}
	row.Time, err = seconds(r, ratingTime)
	return row, err
}

// stars is a rating.
func stars(r delimited.Record) (float32, error) {
	switch field := r.Fields[ratingStars]; { // as nearly all lines have it, 4, 4.0 or 4.5
	case len(field) == 1 && field[0] >= '1' && field[0] <= '5', len(field) == 3 && field[0] >= '1' && field[0] <= '5' && field[1] == '.' && field[2] == '0':
		return float32(field[0] - '0'), nil
	case len(field) == 3 && field[0] >= '0' && field[0] <= '4' && field[1] == '.' && field[2] == '5':
		return float32(field[0]-'0') + 0.5, nil
	}
	v, err := r.Value(ratingStars)
	if err == nil && (!(v >= 0.5 && v <= 5) || math.Trunc(2*float64(v)) != 2*float64(v)) {
		err = r.Wrong(ratingStars, "stars from 0.5 to 5 in steps of 0.5")
	}
	return v, err
}

// maxSeconds is the year 5138; milliseconds were above it from 1973 on.
const maxSeconds = 100_000_000_000

func seconds(r delimited.Record, column int) (int64, error) {
	t, err := r.Whole(column)
	if err != nil || t < 0 || t > maxSeconds {
		return 0, r.Wrong(column, "whole seconds since 1970")
	}
	return t, nil
}
