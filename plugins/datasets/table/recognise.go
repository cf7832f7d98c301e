package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/object"
)

// looked is how many records are looked at to recognise what a text is.
const looked = 200

// separators are those that are recognised, the most telling first.
var separators = []string{"\t", "::", ",", ";", "|", delimited.Blanks}

// recognise finds the separator and whether there are quotes, and gives the first
// records. The separator is the one that cuts most of the first lines into the same
// number of fields, at least two.
func (s *textSource) recognise(ctx context.Context) ([][]string, error) {
	candidates := separators
	if s.options.Separator != "" {
		candidates = []string{s.options.Separator}
	}
	var best [][]string
	var failed error // of the best
	for _, separator := range candidates {
		o, records, err := s.tryQuotes(ctx, separator)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case len(records) == 0 && err != nil:
			failed = err
		case len(records) > len(best) && (len(records[0]) > 1 || len(candidates) == 1):
			s.options, best, failed = o, records, err
		}
	}
	if len(best) > 0 {
		return best, nil // where a record further down is damaged, reading will say which
	}
	if failed != nil {
		return nil, failed
	}
	line, err := firstLine(s.path)
	switch {
	case err != nil:
		return nil, err
	case len(line.Bytes) == 0:
		return nil, contract.Errorf(contract.ErrBadData, "%s: the file is empty", s.path)
	}
	return nil, line.Errorf("no separator is recognised (a tab, ::, a comma, a semicolon, | or spaces) in the line %.80q: say separator where it is another one", line.Bytes)
}

// tryQuotes reads the first records with one separator. Where it is open whether there
// are quotes, there are with a comma or a semicolon, and with another separator where one
// of the first fields stands in them.
func (s *textSource) tryQuotes(ctx context.Context, separator string) (delimited.Options, [][]string, error) {
	o := s.options
	o.Separator = separator
	if s.form.Quotes == auto {
		o.Quotes = true
		records, quoted, err := first(ctx, s.path, o, looked)
		if separator == "," || separator == ";" || quoted && err == nil {
			return o, records, err
		}
		o.Quotes = false
	}
	records, _, err := first(ctx, s.path, o, looked)
	return o, records, err
}

// hasHeader reports whether the first record names the columns. It does where it has a
// name that the user gives, or where it holds no number and no time, and either usual
// names or, in a column, the only text above numbers.
func (s *textSource) hasHeader(records [][]string) (bool, error) {
	switch s.form.Header {
	case yes:
		return true, nil
	case no:
		return false, nil
	}
	if slices.ContainsFunc(records[0], func(field string) bool { return slices.Contains(s.form.names, field) }) {
		return true, nil
	}
	for _, field := range records[0] {
		if isNumber(field) || isTime(field) {
			return false, nil
		}
	}
	if areNames(records[0]) {
		return true, nil
	}
	for i := range records[0] {
		if len(records) > 1 && all(records[1:], i, isNumber) {
			return true, nil
		}
	}
	return false, invalid("%s: it is not clear whether the first line names the columns (%s): say header: yes or header: no", s.path, object.Listed(records[0]))
}

// all reports whether every record has such a field in a column.
func all(records [][]string, column int, such func(string) bool) bool {
	for _, r := range records {
		if column >= len(r) || !such(r[column]) {
			return false
		}
	}
	return len(records) > 0
}

func isNumber(field string) bool {
	_, err := strconv.ParseFloat(field, 64)
	return err == nil && strings.ContainsAny(field, "0123456789")
}

// isTime reports whether a field begins like a date of ISO 8601.
func isTime(field string) bool {
	if len(field) < len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, field[:len(time.DateOnly)])
	return err == nil
}

// looksLikeTime reports whether a field is a date, or a number of seconds since 1970
// that lies after 1973, or one of a smaller unit.
func looksLikeTime(field string) bool {
	if isTime(field) {
		return true
	}
	n, err := strconv.ParseFloat(field, 64)
	return err == nil && n > 1e8
}

// positions are the places of the columns of a table whose columns have no names: user,
// item and, where there are as many, a value and a time, which are told apart by the
// size of their numbers.
func (s *textSource) positions() (map[string]int, error) {
	at := map[string]int{"user": 0, "item": 1}
	for i := 2; i < len(s.names); i++ {
		role := ""
		switch {
		case all(s.sample, i, looksLikeTime):
			role = "time"
		case all(s.sample, i, isNumber):
			role = "value"
		}
		if _, taken := at[role]; role == "" || taken || len(s.names) > 4 {
			return nil, invalid("%s: the %d columns have no names, and what they hold is not clear (the first record is %s): say which they are, by number (user: 1, item: 2, ...)", s.path, len(s.names), object.Listed(s.sample[0]))
		}
		at[role] = i
	}
	if len(s.names) < 2 {
		return nil, invalid("%s: there is one column, expected a user and an item (separator: ... where the separator is not recognised)", s.path)
	}
	return at, nil
}
