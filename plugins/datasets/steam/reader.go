package main

import (
	"strings"
	"time"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
)

// kind is which of the published files a file is, in words.
type kind string

const (
	newReviews        kind = "Steam reviews (steam_new.json)"
	library           kind = "libraries of games (australian_users_items.json)"
	australianReviews kind = "reviews of Australian users (australian_user_reviews.json)"
)

// contact is a review, or a game of a library.
type contact struct {
	user, game, text string
	value            float32 // hours; minutes; 1 or 0 for recommended or not
	time             int64   // Unix seconds; none in a library
}

// reader reads lines of the one kind that a file is of.
type reader struct {
	params    Params
	path      string
	textsOnly bool // times are not read
	quiet     bool // the log is told nothing
	kind      kind // "" before the first line
	users     *ids.Reader

	nameless, withoutHours int
}

func newReader(p Params, path string) *reader {
	return &reader{params: p, path: path, users: ids.New(path, "user")}
}

// read hands over what a line holds, in its order. Of steam_new.json a review without a
// user is left out, and one without hours has the value 0; both are counted.
func (r *reader) read(l lines.Line, do func(contact) error) error {
	o, err := object.Parse(l)
	if err != nil {
		return err
	}
	if err := r.recognise(o); err != nil {
		return err
	}
	switch r.kind {
	case library:
		return r.library(o, do)
	case australianReviews:
		return r.australian(o, do)
	default:
		return r.review(o, do)
	}
}

// recognise finds the kind of the first line, and holds the others to it.
func (r *reader) recognise(o *object.Object) error {
	found := kind("")
	switch {
	case o.Has("product_id"):
		found = newReviews
	case o.Has("items"):
		found = library
	case o.Has("reviews"):
		found = australianReviews
	}
	switch {
	case found == "":
		return o.Errorf("no file of interactions of Steam: the fields found are %s; expected product_id (%s), items (%s) or reviews (%s)", object.Listed(o.Keys()), newReviews, library, australianReviews)
	case r.kind == "":
		r.kind = found
		if log := sdk.Logger(); !r.quiet {
			log.Info().Str("file", r.path).Str("kind", string(found)).Msg("file recognised")
		}
	case r.kind != found:
		return o.Errorf("the line is of %s, those before of %s", found, r.kind)
	}
	return nil
}

func (r *reader) review(o *object.Object, do func(contact) error) error {
	user, err := o.ID(r.params.User)
	if err != nil {
		return err
	}
	if user == "" {
		r.nameless++
		return nil
	}
	c := contact{user: r.users.Of([]byte(user))} // names are any text: some only look the same
	if c.game, err = required(o, "product_id"); err != nil {
		return err
	}
	if c.text, err = o.Text("text"); err != nil || r.textsOnly {
		return finish(c, do, err)
	}
	hours, err := o.Number("hours")
	if err != nil {
		return err
	}
	if hours == nil {
		r.withoutHours++
	} else {
		c.value = *hours
	}
	c.time, err = seconds(o, "date", time.DateOnly, "2017-12-17")
	return finish(c, do, err)
}

func (r *reader) library(o *object.Object, do func(contact) error) error {
	user, err := required(o, "user_id")
	if err != nil {
		return err
	}
	items, err := o.Objects("items")
	if err != nil {
		return err
	}
	for _, item := range items {
		c := contact{user: user}
		if c.game, err = required(item, "item_id"); err != nil {
			return err
		}
		if err := item.Want("a game of a library", "playtime_forever"); err != nil {
			return err
		}
		minutes, err := item.Number("playtime_forever")
		if err == nil && minutes == nil {
			err = item.Errorf("game %q of user %q has no playtime_forever", c.game, user)
		}
		if err != nil {
			return err
		}
		c.value = *minutes
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) australian(o *object.Object, do func(contact) error) error {
	user, err := required(o, "user_id")
	if err != nil {
		return err
	}
	reviews, err := o.Objects("reviews")
	if err != nil {
		return err
	}
	for _, review := range reviews {
		c, err := r.australianReview(review, user)
		if err := finish(c, do, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) australianReview(o *object.Object, user string) (c contact, err error) {
	c.user = user
	if err := o.Want("a review", "item_id", "recommend", "review", "posted"); err != nil {
		return c, err
	}
	if c.game, err = required(o, "item_id"); err != nil {
		return c, err
	}
	if c.text, err = o.Text("review"); err != nil || r.textsOnly {
		return c, err
	}
	recommend, err := o.Bool("recommend")
	switch {
	case err != nil:
		return c, err
	case recommend == nil:
		return c, o.Errorf("the review of game %q by user %q has no recommend", c.game, user)
	case *recommend:
		c.value = 1
	}
	c.time, err = r.posted(o)
	return c, err
}

// posted reads "Posted November 5, 2011." and, with Params.Year, "Posted July 3.".
func (r *reader) posted(o *object.Object) (int64, error) {
	text, err := o.Text("posted")
	if err != nil {
		return 0, err
	}
	if _, err := time.Parse("Posted January 2.", text); err != nil {
		return seconds(o, "posted", "Posted January 2, 2006.", "Posted November 5, 2011.")
	}
	if r.params.Year == 0 {
		return 0, o.Errorf("the field posted is %q, a date without a year: Steam leaves the year of the crawl out; say which it is with the parameter year", text)
	}
	t, err := time.ParseInLocation("Posted January 2. 2006", text+time.Date(int(r.params.Year), 1, 1, 0, 0, 0, 0, time.UTC).Format(" 2006"), time.UTC)
	if err != nil {
		return 0, o.Errorf("the field posted is %q, which is no day of %d", text, r.params.Year)
	}
	return t.Unix(), nil
}

// finish hands a contact over unless reading it failed.
func finish(c contact, do func(contact) error, err error) error {
	if err != nil {
		return err
	}
	return do(c)
}

// required is an id that is there.
func required(o *object.Object, field string) (string, error) {
	id, err := o.ID(field)
	if err == nil && strings.TrimSpace(id) == "" {
		err = o.Want("the line", field)
		if err == nil {
			err = o.Errorf("the field %s is empty, expected an id", field)
		}
	}
	return id, err
}

// seconds reads a day, midnight UTC.
func seconds(o *object.Object, field, layout, example string) (int64, error) {
	text, err := o.Text(field)
	if err != nil {
		return 0, err
	}
	t, err := time.ParseInLocation(layout, text, time.UTC)
	if err != nil {
		return 0, o.Errorf("the field %s is %.60q, expected a date such as %q", field, text, example)
	}
	return t.Unix(), nil
}

// tell logs what was left out or stood in.
func (r *reader) tell() {
	log := sdk.Logger()
	if r.nameless > 0 {
		log.Warn().Str("file", r.path).Int("reviews", r.nameless).Msg("reviews without a " + r.params.User + " are left out")
	}
	if r.withoutHours > 0 && r.params.Value == valueRecorded {
		log.Warn().Str("file", r.path).Int("reviews", r.withoutHours).Msg("reviews without hours have the value 0")
	}
}
