package main

import (
	"context"
	"slices"
	"strconv"

	"cllm4rec/plugins/internal/formats/delimited"
)

// user is one line of the file of users.
type user struct {
	id         string
	age        int    // in years, of 100k
	ages       string // a range such as 25-34, of 1m
	gender     string // F or M
	occupation string
}

// occupations are those of 1m by their number, as its README lists them; 0 is also
// "not specified".
var occupations = []string{
	"other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service", "doctor/health care", "executive/managerial",
	"farmer", "homemaker", "K-12 student", "lawyer", "programmer", "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer",
	"tradesman/craftsman", "unemployed", "writer",
}

// ages are the ranges of 1m by the number that stands for them in its README.
var ages = map[string]string{
	"1": "under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56+",
}

// eachUser hands every user to do, in the order of the file; none of a release
// without users. A user who stands there twice is an ErrBadData.
func (s *source) eachUser(ctx context.Context, do func(user) error) error {
	if s.release.users.name == "" {
		return nil
	}
	path, table, err := s.table(ctx, s.release.users, "age, gender and occupation")
	if err != nil {
		return err
	}
	seen := map[string]int{}
	return delimited.Each(ctx, path, table, func(r delimited.Record) error {
		u, err := s.user(r)
		if err != nil {
			return err
		}
		if before, again := seen[u.id]; again {
			return r.Errorf("user %s stands in line %d already", u.id, before)
		}
		seen[u.id] = r.Line
		return do(u)
	})
}

func (s *source) user(r delimited.Record) (u user, err error) {
	columns := s.release.users.table.Columns
	id, age, gender, work := 0, slices.Index(columns, "age"), slices.Index(columns, "gender"), slices.Index(columns, "occupation")
	if !digits(r.Fields[id]) {
		return u, r.Wrong(id, "a whole number")
	}
	u.id, u.gender, u.occupation = string(r.Fields[id]), r.Text(gender), r.Text(work)
	switch {
	case u.gender != "F" && u.gender != "M":
		return u, r.Wrong(gender, "F or M")
	case s.release.agesAndWorkCoded:
		return u.decoded(r, age, work)
	}
	n, err := r.Whole(age)
	if err != nil || n < 1 || n > 120 {
		return u, r.Wrong(age, "years from 1 to 120")
	}
	u.age = int(n)
	return u, nil
}

// decoded puts words in place of the numbers of 1m.
func (u user) decoded(r delimited.Record, age, work int) (user, error) {
	known := false
	if u.ages, known = ages[r.Text(age)]; !known {
		return u, r.Wrong(age, "1, 18, 25, 35, 45, 50 or 56, each for a range")
	}
	n, err := strconv.Atoi(u.occupation)
	if err != nil || n < 0 || n >= len(occupations) {
		return u, r.Wrong(work, "the number of an occupation, from 0 to "+strconv.Itoa(len(occupations)-1))
	}
	u.occupation = occupations[n]
	return u, nil
}
