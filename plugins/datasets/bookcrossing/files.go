package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/charset"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// files are the names of the three files in one of their forms.
type files struct{ ratings, books, users string }

// forms are the names as published and those of the mirrors.
func forms() []files {
	return []files{{"BX-Book-Ratings.csv", "BX-Books.csv", "BX-Users.csv"}, {"Ratings.csv", "Books.csv", "Users.csv"}}
}

// lying are the forms that lie in a folder.
func lying(f folder.Folder) []files {
	return slices.DeleteFunc(forms(), func(x files) bool { return f.File(x.ratings) == "" })
}

// recognise finds the one form that lies in a folder.
func recognise(f folder.Folder) (files, error) {
	found := lying(f)
	switch len(found) {
	case 0:
		return files{}, contract.Errorf(contract.ErrInvalid, "%s: Book-Crossing does not lie there: it has BX-Book-Ratings.csv, or Ratings.csv as mirrors have it; the folder holds %s%s", f.Path, f.Some(), below(f))
	case 1:
		return found[0], nil
	}
	return files{}, contract.Errorf(contract.ErrInvalid, "%s: holds %s and %s; expected one of them", f.Path, found[0].ratings, found[1].ratings)
}

// below points to a folder in the folder that holds the data set.
func below(f folder.Folder) string {
	return folder.Below(f, lying, func(files) string { return "the data set" })
}

// none is the place of a column that a file does not have.
const none = -1

// column is a column that is read, under the names that the forms give it.
type column struct {
	names    []string
	optional bool
}

// columns are those of a file.
type columns struct {
	list []column
	// mend makes a whole record of one that has another number of fields, where it can.
	mend func(r delimited.Record, at []int) (delimited.Record, bool)
}

// asItIs mends nothing.
func asItIs(r delimited.Record, _ []int) (delimited.Record, bool) { return r, false }

// The columns of the three files, and of each their places in a record's at.
const (
	ratingUser, ratingBook, ratingPoints                   = 0, 1, 2
	bookID, bookTitle, bookAuthor, bookYear, bookPublisher = 0, 1, 2, 3, 4
	userID, userLocation, userAge                          = 0, 1, 2
)

func ratingColumns() columns {
	return columns{[]column{{names: []string{"User-ID"}}, {names: []string{"ISBN"}}, {names: []string{"Book-Rating", "Rating"}}}, asItIs}
}

func bookColumns() columns {
	return columns{[]column{
		{names: []string{"ISBN"}}, {names: []string{"Book-Title", "Title"}}, {names: []string{"Book-Author", "Author"}, optional: true},
		{names: []string{"Year-Of-Publication", "Year"}, optional: true}, {names: []string{"Publisher"}, optional: true},
	}, mended}
}

func userColumns() columns {
	return columns{[]column{{names: []string{"User-ID"}}, {names: []string{"Location"}, optional: true}, {names: []string{"Age"}, optional: true}}, asItIs}
}

// places are those of the columns among the names of a header.
func places(path string, names []string, columns columns) ([]int, error) {
	at := make([]int, len(columns.list))
	for i, c := range columns.list {
		at[i] = slices.IndexFunc(names, func(name string) bool { return slices.Contains(c.names, name) })
		if at[i] == none && !c.optional {
			return nil, contract.Errorf(contract.ErrBadData, "%s:1: there is no column %s; the header has %q", path, strings.Join(c.names, " or "), names)
		}
	}
	return at, nil
}

// table says how a file is written: as its first line has it, between semicolons or
// commas. In the published files a backslash stands before a quote.
func (s *source) table(ctx context.Context, path string) (delimited.Options, error) {
	table := delimited.Options{Separator: ",", Quotes: true, Header: true}
	if first := sniffed.Lines(ctx, path, 1); len(first) > 0 && strings.Contains(first[0], ";") {
		table.Separator = ";"
		table.Backslash = strings.HasPrefix(s.ratings, "BX-")
	}
	table.Latin1 = s.params.Encoding == latin1
	if s.params.Encoding != auto {
		return table, nil
	}
	utf8, err := charset.IsUTF8(ctx, path)
	table.Latin1 = !utf8
	log := sdk.Logger()
	log.Info().Str("file", path).Bool("latin1", table.Latin1).Str("separator", table.Separator).Msg("form recognised")
	return table, err
}
