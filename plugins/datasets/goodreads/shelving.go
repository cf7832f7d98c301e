package main

import (
	"context"
	"strings"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
	"cllm4rec/plugins/internal/formats/rows"
	"cllm4rec/plugins/internal/formats/sniffed"
)

// add takes an interaction.
type add func(contract.Part, rows.Interaction) error

// isTable reports whether a file is goodreads_interactions.csv and not lines of JSON.
func isTable(ctx context.Context, path string) bool {
	first := sniffed.Lines(ctx, path, 1)
	return len(first) == 1 && !strings.HasPrefix(first[0], "{")
}

// columns are those of goodreads_interactions.csv that are read.
func columns() []string { return []string{"user_id", "book_id", "is_read", "rating"} }

// eachNumbered hands over the rows of goodreads_interactions.csv that have the signal,
// with the ids of the maps where there are any, else with their numbers.
func (p Params) eachNumbered(ctx context.Context, do add) error {
	users, err := readIDs(ctx, p.UserIDs, "user_id")
	if err != nil {
		return err
	}
	books, err := readIDs(ctx, p.BookIDs, "book_id")
	if err != nil {
		return err
	}
	return delimited.Each(ctx, p.Path, delimited.Options{Separator: ",", Header: true, Columns: columns()}, func(r delimited.Record) error {
		user, err := users.of(r, 0)
		if err != nil {
			return err
		}
		book, err := books.of(r, 1)
		if err != nil {
			return err
		}
		read, err := r.Whole(2)
		if err != nil {
			return err
		}
		if read != 0 && read != 1 {
			return r.Wrong(2, "0 or 1")
		}
		stars, err := r.Whole(3)
		if err != nil {
			return err
		}
		if stars < 0 || stars > 5 {
			return r.Wrong(3, "0 (not rated) or 1 to 5 stars")
		}
		if !p.wants(read == 1, stars) {
			return nil
		}
		return do(contract.PartAll, rows.Interaction{User: user, Item: book, Value: float32(stars)})
	})
}

// wants reports whether an interaction has the signal.
func (p Params) wants(read bool, stars int64) bool {
	return p.Signal == signalShelved || p.Signal == signalRead && read || p.Signal == signalRated && stars > 0
}

// shelving hands over the interaction of a line of JSON if it has the signal.
func (p Params) shelving(l lines.Line, do add) error {
	o, user, book, err := pair(l, "an interaction of Goodreads", "rating", "date_added")
	if err != nil {
		return err
	}
	stars, err := o.Whole("rating")
	if err != nil {
		return err
	}
	if stars == nil || *stars < 0 || *stars > 5 {
		return o.Errorf("the field rating is %v, expected 0 (not rated) or 1 to 5 stars", o.Value("rating"))
	}
	read, err := p.read(o)
	if err != nil || !p.wants(read, *stars) {
		return err
	}
	date, err := o.Text("date_added")
	if err != nil {
		return err
	}
	t, err := time.Parse(time.RubyDate, date)
	if err != nil {
		return o.Errorf("the field date_added is %.60q, expected a time such as %q", date, "Wed Mar 22 11:37:04 -0700 2017")
	}
	return do(contract.PartAll, rows.Interaction{User: user, Item: book, Value: float32(*stars), Time: t.Unix()})
}

// read is the field is_read, where the signal asks for it: files of reviews have none.
func (p Params) read(o *object.Object) (bool, error) {
	if p.Signal != signalRead {
		return false, nil
	}
	if err := o.Want("with the signal \"read\" an interaction of Goodreads", "is_read"); err != nil {
		return false, err
	}
	read, err := o.Bool("is_read")
	if err == nil && read == nil {
		err = o.Errorf("the field is_read is nothing, expected true or false")
	}
	return err == nil && *read, err
}

// pair reads a line and its user and book.
func pair(l lines.Line, what string, fields ...string) (o *object.Object, user, book string, err error) {
	if o, err = object.Parse(l); err != nil {
		return nil, "", "", err
	}
	if err = o.Want(what, append([]string{"user_id", "book_id"}, fields...)...); err != nil {
		return nil, "", "", err
	}
	if user, err = o.ID("user_id"); err != nil {
		return nil, "", "", err
	}
	if book, err = o.ID("book_id"); err != nil {
		return nil, "", "", err
	}
	if user == "" || book == "" {
		err = o.Errorf("the field user_id or book_id is empty, expected an id")
	}
	return o, user, book, err
}

// addReview adds the text of a line, which files of reviews call review_text and files
// of interactions, which cut long ones, review_text_incomplete.
func addReview(l lines.Line, w *rows.Texts) error {
	o, user, book, err := pair(l, "a review of Goodreads")
	if err != nil {
		return err
	}
	field := "review_text"
	if !o.Has(field) {
		field = "review_text_incomplete"
		if err := o.Want("a review of Goodreads", field); err != nil {
			return err
		}
	}
	text, err := o.Text(field)
	if err != nil || strings.TrimSpace(text) == "" {
		return err
	}
	return w.Add(contract.TextReview, user, book, text)
}
