package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
)

// The orders of the first two columns of ratings without a header.
const (
	userItem = "user_item" // ratings_<Category>.csv of 2014
	itemUser = "item_user" // <Category>.csv of 2018
)

// Ids as Amazon writes them: of an item an ASIN, which for books is an ISBN of ten
// characters; of a user an A and more letters and digits. No text is both.
var (
	asin   = regexp.MustCompile(`^(B[0-9A-Z]{9}|[0-9]{9}[0-9X])$`)
	person = regexp.MustCompile(`^A[0-9A-Z]{9,}$`)
)

// order finds out which of two ids is the user's; "" where that cannot be told.
func order(first, second []byte) string {
	switch {
	case person.Match(first) && asin.Match(second):
		return userItem
	case asin.Match(first) && person.Match(second):
		return itemUser
	}
	return ""
}

// header2023 are the columns of the ratings of 2023; of history, which some of the files
// of splits have, see newTable.
func header2023() []string {
	return []string{"user_id", "parent_asin", "rating", "timestamp"}
}

// table reads the rows of one file.
type table struct {
	source
	perSecond                int64 // units of time
	user, item, rating, time int   // places of the columns
}

// eachRow hands over the ratings of a table with this first row, which is the header of
// 2023 or a rating. Errors name file, line and column.
func (s source) eachRow(ctx context.Context, first string, do func(*rating) error) error {
	t := &table{source: s}
	o := delimited.Options{Separator: ","}
	if slices.Contains(strings.Split(first, ","), "parent_asin") {
		if s.order != "" {
			return contract.Errorf(contract.ErrInvalid, "order belongs to ratings without a header; the columns of %s have names", s.path)
		}
		o.Header, o.Begin = true, t.begin
	} else {
		t.headless()
	}
	return delimited.Each(ctx, s.path, o, func(r delimited.Record) error {
		row, err := t.row(r)
		if err != nil {
			return err
		}
		return do(row)
	})
}

// begin finds the columns of 2023. The column history (the items that the user had
// before, with spaces between them) is known and not read: it repeats other rows.
func (t *table) begin(columns []string) error {
	t.perSecond = 1000
	for _, name := range columns {
		if name != "history" && !slices.Contains(header2023(), name) {
			return contract.Errorf(contract.ErrBadData, "%s: unknown column %q%s", t.path, name, sdk.Hint(name, append(header2023(), "history")))
		}
	}
	for i, into := range []*int{&t.user, &t.item, &t.rating, &t.time} {
		if *into = slices.Index(columns, header2023()[i]); *into < 0 {
			return contract.Errorf(contract.ErrBadData, "%s: there is no column %q: the columns are %s", t.path, header2023()[i], strings.Join(columns, ", "))
		}
	}
	t.tell("ratings of 2023")
	if slices.Contains(columns, "history") {
		log := sdk.Logger()
		log.Info().Str("file", t.path).Msg("the column history is not read")
	}
	return nil
}

// headless expects four columns of 2014 or 2018; which of the first two is the user
// waits for the first row, unless Params.Order says it.
func (t *table) headless() {
	t.perSecond, t.rating, t.time = 1, 2, 3
	t.place(t.order)
}

func (t *table) place(order string) {
	t.user, t.item = 0, 1
	if order == itemUser {
		t.user, t.item = 1, 0
	}
}

func (t *table) tell(dialect string) {
	log := sdk.Logger()
	log.Info().Str("file", t.path).Str("dialect", dialect).Msg("dialect recognised")
}

func (t *table) row(r delimited.Record) (*rating, error) {
	if t.perSecond == 1 {
		if err := t.ordered(r); err != nil {
			return nil, err
		}
	}
	user, err := r.ID(t.user)
	if err != nil {
		return nil, err
	}
	item, err := r.ID(t.item)
	if err != nil {
		return nil, err
	}
	value, err := r.Value(t.rating)
	if err != nil {
		return nil, err
	}
	time, err := r.Whole(t.time)
	if err != nil {
		return nil, err
	}
	seconds, err := secondsOf(r, "the time", time, t.perSecond)
	return &rating{User: user, Item: item, Value: value, Time: seconds}, err
}

// ordered recognises the order of the columns by the first row, and refuses a later one
// that is plainly the other way round.
func (t *table) ordered(r delimited.Record) error {
	if len(r.Fields) != 4 {
		return r.Errorf("the line has %d fields, expected four without a header (user, item, rating, time of 2014; item, user, rating, time of 2018) or the header %s of 2023", len(r.Fields), strings.Join(header2023(), ","))
	}
	found := order(r.Trimmed(0), r.Trimmed(1))
	switch {
	case t.order == "" && found == "":
		return r.Errorf("which of %.40q and %.40q is the user and which the item cannot be told by their form: say it with the parameter order (%s in the files of 2014, %s in those of 2018)", r.Fields[0], r.Fields[1], userItem, itemUser)
	case t.order == "":
		t.order = found
		t.place(found)
		if found == userItem {
			t.tell("ratings of 2014 (user, item)")
		} else {
			t.tell("ratings of 2018 (item, user)")
		}
	case found != "" && found != t.order:
		return r.Errorf("the columns are %s here, by the form of %.40q and %.40q, and %s in the lines before or by the parameter order", found, r.Fields[0], r.Fields[1], t.order)
	}
	return nil
}
