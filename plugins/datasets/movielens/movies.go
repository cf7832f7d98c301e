package main

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/plugins/internal/formats/delimited"
)

// movie is one line of the file of movies.
type movie struct {
	id     string
	title  string   // in the form that Params.Title asks for
	year   int      // of the title; 0 where it has none
	genres []string // without unknown ones
}

// The columns of a file of movies.
const (
	movieID = iota
	movieTitle
	movieGenres // of 100k the first of the flags stands further right
	movieFlags  = 5
)

// eachMovie hands every movie to do, in the order of the file. A movie that stands
// there twice is an ErrBadData.
func (s *source) eachMovie(ctx context.Context, do func(movie) error) error {
	path, table, err := s.table(ctx, s.release.movies, "titles and genres")
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return delimited.Each(ctx, path, table, func(r delimited.Record) error {
		m, err := s.movie(r)
		if err != nil {
			return err
		}
		if before, again := seen[m.id]; again {
			return r.Errorf("movie %s stands in line %d already", m.id, before)
		}
		seen[m.id] = r.Line
		return do(m)
	})
}

func (s *source) movie(r delimited.Record) (m movie, err error) {
	if !digits(r.Fields[movieID]) {
		return m, r.Wrong(movieID, "a whole number")
	}
	m.id = string(r.Fields[movieID])
	m.title, m.year = dated(r.Text(movieTitle), s.params.Title == titleWithoutYear)
	if s.release.oneFlagPerGenre {
		m.genres, err = flagged(r)
		return m, err
	}
	m.genres = listed(r.Text(movieGenres))
	return m, nil
}

// year is how a title ends: with the year of release, behind which the kind of a
// release may stand, as in "Land Before Time III (1995) (V)".
var year = regexp.MustCompile(`\s*\(([0-9]{4})\)(\s*\([A-Za-z/]+\))?$`)

// dated finds the year of a title, and takes it off where that is asked for.
func dated(title string, without bool) (string, int) {
	at := year.FindStringSubmatchIndex(title)
	if at == nil {
		return title, 0
	}
	n, _ := strconv.Atoi(title[at[2]:at[3]]) // four digits
	if !without {
		return title, n
	}
	return title[:at[0]] + strings.TrimRight(title[at[3]+len(")"):], " "), n
}

// noGenre are the words for none.
var noGenre = []string{"unknown", "(no genres listed)", ""}

// listed are genres as Action|Drama, each once.
func listed(text string) (genres []string) {
	for _, g := range strings.Split(text, "|") {
		if g = strings.TrimSpace(g); !slices.Contains(noGenre, g) && !slices.Contains(genres, g) {
			genres = append(genres, g)
		}
	}
	return genres
}

// flagged are genres as columns of 0 and 1.
func flagged(r delimited.Record) (genres []string, err error) {
	for i, g := range flags {
		switch flag := string(r.Fields[movieFlags+i]); {
		case flag != "0" && flag != "1":
			return nil, r.Wrong(movieFlags+i, "1 for a movie of the genre, else 0")
		case flag == "1" && !slices.Contains(noGenre, g):
			genres = append(genres, g)
		}
	}
	return genres, nil
}
