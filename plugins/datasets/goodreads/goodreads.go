package main

import (
	"context"
	"embed"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/regular"
	"cllm4rec/plugins/internal/formats/rows"
)

// The choices of Params.Signal.
const (
	signalShelved = "shelved"
	signalRead    = "read"
	signalRated   = "rated"
)

// Params are the plugin's parameters.
type Params struct {
	Path    string `json:"path" jsonschema:"required,minLength=1,format=path" jsonschema_description:"the interactions: goodreads_interactions.csv, goodreads_interactions_dedup.json or _GENRE.json, or a file of reviews; recognised by their first line, plain or compressed"`
	Signal  string `json:"signal" jsonschema:"default=shelved,enum=shelved,enum=read,enum=rated" jsonschema_description:"what an interaction is: a book on any shelf of the user, a book marked as read, or a rating, whose stars are then the values"`
	UserIDs string `json:"user_ids,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"user_id_map.csv: the ids behind the numbers of goodreads_interactions.csv"`
	BookIDs string `json:"book_ids,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"book_id_map.csv, in the same way; needed where books are described"`
	Reviews string `json:"reviews,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"goodreads_reviews_dedup.json or _GENRE.json, whose texts are read in place of those that path has"`
	Books   string `json:"books,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"goodreads_books.json or _GENRE.json: titles, descriptions, shelves and more"`
	Authors string `json:"authors,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"goodreads_book_authors.json: the names behind the ids of authors in books"`
	Genres  string `json:"genres,omitempty" jsonschema:"minLength=1,format=path" jsonschema_description:"goodreads_book_genres_initial.json"`
	Shelves int    `json:"shelves" jsonschema:"default=0,minimum=0,maximum=1000" jsonschema_description:"how many of the shelves that most users put a book on are its tags and an attribute; they are made of all users' shelves, those to be found included"`
}

// dataset reads the UCSD Book Graph (Wan and McAuley, RecSys 2018; Wan, Misra, Nakashole
// and McAuley, ACL 2019).
type dataset struct{ sdk.Base[Params] }

// checkFiles are what a check reads (contract.Info.Check).
//
//go:embed testdata/tiny
var checkFiles embed.FS

func newDataset() *dataset {
	d := &dataset{sdk.NewBase[Params](contract.Info{
		Kind: contract.KindDataset, Name: "goodreads", Version: "1.0.0",
		Summary:      "the UCSD Book Graph of Goodreads: shelves, ratings, reviews and books",
		Capabilities: []contract.Capability{contract.CapabilityTexts, contract.CapabilityAttributes, contract.CapabilitySniff},
		Check: contract.Check{
			Params: []byte(`{"path": "./tiny/goodreads_interactions_dedup.json", "signal": "rated", "reviews": "./tiny/goodreads_reviews_dedup.json", "books": "./tiny/goodreads_books.json", "authors": "./tiny/goodreads_book_authors.json", "genres": "./tiny/goodreads_book_genres_initial.json", "shelves": 20}`),
			Files:  sdk.Files(checkFiles, "testdata/tiny"), Sniff: "./tiny",
		},
	})}
	d.Check = Params.check
	return d
}

// check refuses what is no file where a file is expected, and parameters that do not
// fit each other; the runner has looked whether there is anything at all.
func (p Params) check() error {
	if err := regular.CheckGiven(p.Path, p.UserIDs, p.BookIDs, p.Reviews, p.Books, p.Authors, p.Genres); err != nil {
		return err
	}
	if p.Authors != "" && p.Books == "" {
		return contract.Errorf(contract.ErrInvalid, "authors has no meaning without books, which say who wrote what")
	}
	return nil
}

// fits refuses parameters that do not fit the form of the interactions: the numbers of
// goodreads_interactions.csv are not the ids of the other files.
func (p Params) fits(ctx context.Context) (csv bool, err error) {
	csv = isTable(ctx, p.Path)
	switch {
	case !csv && p.UserIDs+p.BookIDs != "":
		err = contract.Errorf(contract.ErrInvalid, "user_ids and book_ids belong to goodreads_interactions.csv, whose users and books are numbers; %s has their ids", p.Path)
	case csv && p.BookIDs == "" && p.Books+p.Genres+p.Reviews != "":
		err = contract.Errorf(contract.ErrInvalid, "book_ids: expected book_id_map.csv: the books of %s are numbers, those of books, genres and reviews ids", p.Path)
	case csv && p.UserIDs == "" && p.Reviews != "":
		err = contract.Errorf(contract.ErrInvalid, "user_ids: expected user_id_map.csv: the users of %s are numbers, those of reviews ids", p.Path)
	}
	return csv, err
}

// Interactions streams one row per interaction of the wanted signal. Ratings have
// values; the times of JSON files are those at which a book was put on a shelf, and
// goodreads_interactions.csv has none.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	if err := d.Configured("Interactions"); err != nil {
		return err
	}
	p := d.Params()
	csv, err := p.fits(ctx)
	if err != nil {
		return err
	}
	w := rows.Interactions{Yield: yield, Values: p.Signal == signalRated, Times: !csv}
	if csv {
		err = p.eachNumbered(ctx, w.Add)
	} else {
		err = lines.Each(ctx, p.Path, func(l lines.Line) error { return p.shelving(l, w.Add) })
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// Texts streams the reviews that are not blank, then of every book title, description,
// shelves as tags and authors as brand, and then genres as categories.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	if err := d.Configured("Texts"); err != nil {
		return err
	}
	p := d.Params()
	csv, err := p.fits(ctx)
	if err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	if path := p.reviewed(csv); path != "" {
		err = lines.Each(ctx, path, func(l lines.Line) error { return addReview(l, &w) })
	}
	if err == nil && p.Books != "" {
		err = p.eachBook(ctx, func(b *book) error { return b.texts(&w, p.Authors != "") })
	}
	if err == nil && p.Genres != "" {
		err = eachGenres(ctx, p.Genres, func(book string, genres []string) error { return addGenres(&w, book, genres) })
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// reviewed is the file with the texts of reviews; "" where there is none.
func (p Params) reviewed(csv bool) string {
	if p.Reviews == "" && !csv {
		return p.Path
	}
	return p.Reviews
}
