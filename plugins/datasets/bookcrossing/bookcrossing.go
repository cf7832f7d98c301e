package main

import (
	"context"
	"embed"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/folder"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/malformed"
	"cllm4rec/plugins/internal/formats/rows"
)

// The choices of parameters.
const (
	auto         = "auto"
	latin1       = "latin-1"
	implicitDrop = "drop"
	implicitOnly = "only"
)

// Params are the plugin's parameters.
type Params struct {
	Path      string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder with BX-Book-Ratings.csv, BX-Books.csv and BX-Users.csv, or Ratings.csv, Books.csv and Users.csv; each may be compressed (.gz, .zst)"`
	Implicit  string `json:"implicit" jsonschema:"default=keep,enum=keep,enum=drop,enum=only" jsonschema_description:"interactions that the files give as a rating of 0: kept with the value 0, dropped, or the only ones and without values"`
	Malformed string `json:"malformed" jsonschema:"default=error,enum=error,enum=skip" jsonschema_description:"what a damaged record is: an error, or left out, counted and told in the log"`
	Encoding  string `json:"encoding" jsonschema:"default=auto,enum=auto,enum=utf-8,enum=latin-1" jsonschema_description:"auto: utf-8 where a file is that throughout, else latin-1 as it was published"`
}

// dataset reads Book-Crossing (Ziegler, McNee, Konstan, Lausen, Improving
// Recommendation Lists Through Topic Diversification, WWW 2005).
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/bx
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "bookcrossing", Version: "1.0.0",
		Summary:      "Book-Crossing: explicit and implicit ratings of books, titles, authors and users, as published or as its mirrors have it",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check:        contract.Check{Params: []byte(`{"path": "./bx"}`), Files: sdk.Files(checkFiles, "testdata/bx"), Sniff: "./bx"},
	})}
	d.Check = func(p Params) error { _, err := p.open(); return err }
	return d
}

// source is a folder, the files in it that are the data set's, and the parameters.
type source struct {
	folder.Folder
	files
	params Params
}

func (p Params) open() (*source, error) {
	f, err := folder.Open(p.Path)
	if err != nil {
		return nil, err
	}
	found, err := recognise(f)
	return &source{Folder: f, files: found, params: p}, err
}

func (d *dataset) open(call string) (*source, error) {
	if err := d.Configured(call); err != nil {
		return nil, err
	}
	return d.Params().open()
}

// Interactions streams the ratings in the order of the file, of which Params.Implicit
// says which.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	s, err := d.open("Interactions")
	if err != nil {
		return err
	}
	path, err := s.Need(s.ratings, "the ratings")
	if err != nil {
		return err
	}
	implicit := s.params.Implicit
	users, books := ids.New(path, "user"), ids.New(path, "item")
	w, left := rows.Interactions{Yield: yield, Values: implicit != implicitOnly}, 0
	err = s.each(ctx, path, ratingColumns(), func(r record) (damage, err error) {
		row, damage := rating(r, users, books)
		switch {
		case damage != nil:
			return damage, nil
		case implicit == implicitDrop && row.Value == 0 || implicit == implicitOnly && row.Value != 0:
			left++
			return nil, nil
		}
		return nil, w.Add(contract.PartAll, row)
	})
	if err != nil {
		return err
	}
	log := sdk.Logger()
	log.Info().Str("file", path).Str("implicit", implicit).Int("left_out", left).Msg("ratings chosen")
	return w.Flush()
}

func rating(r record, users, books *ids.Reader) (row rows.Interaction, err error) {
	user, book := r.Trimmed(r.at[ratingUser]), r.Trimmed(r.at[ratingBook])
	switch {
	case len(user) == 0:
		return row, r.Wrong(r.at[ratingUser], "a user")
	case len(book) == 0:
		return row, r.Wrong(r.at[ratingBook], "a book")
	}
	points, err := r.Whole(r.at[ratingPoints])
	if err != nil || points < 0 || points > 10 {
		return row, r.Wrong(r.at[ratingPoints], "a whole number from 1 to 10, or 0 for an implicit rating")
	}
	return rows.Interaction{User: users.Of(user), Item: books.Of(book), Value: float32(points)}, nil
}

// record is a record with the places of the columns that are wanted; none for one that
// the file does not have.
type record struct {
	delimited.Record
	at     []int
	mended bool // it was damaged, and put right
}

// text is a field, "" for a column that the file does not have.
func (r record) text(column int) string {
	if r.at[column] == none {
		return ""
	}
	return clean(r.Text(r.at[column]))
}

// each hands every record of a file to do. A damaged one is what Params.Malformed says;
// do gives the error of the record apart from those of the reader.
func (s *source) each(ctx context.Context, path string, columns columns, do func(record) (damage, err error)) error {
	table, err := s.table(ctx, path)
	if err != nil {
		return err
	}
	records := malformed.Of(path, s.params.Malformed)
	var at []int
	width := 0
	table.Begin = func(names []string) error {
		width = len(names)
		at, err = places(path, names, columns)
		return err
	}
	check := func(r delimited.Record, mended bool) error {
		damage, err := do(record{r, at, mended})
		if damage != nil {
			return records.Check(damage)
		}
		return err
	}
	table.Uneven = func(r delimited.Record, err error) error {
		if whole, ok := columns.mend(r, at); ok && len(whole.Fields) == width {
			return check(whole, true)
		}
		return records.Check(err)
	}
	if err := delimited.Each(ctx, path, table, func(r delimited.Record) error { return check(r, false) }); err != nil {
		return err
	}
	records.Tell()
	return nil
}
