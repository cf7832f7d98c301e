package main

import (
	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
)

// reviewReader reads reviews of the one dialect that a file is in.
type reviewReader struct{ dialects *recogniser }

func newReviewReader(path string) *reviewReader {
	return &reviewReader{newRecogniser(path, reviewDialects())}
}

// rating is what an interaction needs of a review.
type rating struct {
	User, Item string
	Value      float32
	Time       int64 // Unix seconds
}

// review is what a text needs of a review.
type review struct {
	User, Item    string
	Text, Summary string
}

// ids reads a line and its user and item.
func (r *reviewReader) ids(l lines.Line) (o *object.Object, d *dialect, user, item string, err error) {
	if o, err = object.Parse(l); err != nil {
		return nil, nil, "", "", err
	}
	if d, err = r.dialects.of(o); err != nil {
		return nil, nil, "", "", err
	}
	if user, err = o.Text(d.user); err != nil {
		return nil, nil, "", "", err
	}
	if item, err = o.Text(d.item); err != nil {
		return nil, nil, "", "", err
	}
	switch {
	case user == "":
		err = l.Errorf("the review has no %s", d.user)
	case item == "":
		err = l.Errorf("the review has no %s", d.item)
	}
	return o, d, user, item, err
}

func (r *reviewReader) rating(l lines.Line) (*rating, error) {
	o, d, user, item, err := r.ids(l)
	if err != nil {
		return nil, err
	}
	value, err := o.Number(d.rating)
	if err != nil {
		return nil, err
	}
	time, err := o.Whole(d.time)
	if err != nil {
		return nil, err
	}
	switch {
	case value == nil:
		return nil, l.Errorf("the review has no %s (the rating)", d.rating)
	case time == nil:
		return nil, l.Errorf("the review has no %s", d.time)
	}
	seconds, err := secondsOf(l, "the field "+d.time, *time, d.perSecond)
	return &rating{User: user, Item: item, Value: *value, Time: seconds}, err
}

// No time of a review in seconds is above maxSeconds (the year 5138), and none in
// milliseconds is below it (1973).
const maxSeconds = 100_000_000_000

// placed makes errors that begin with their place: a line or a record.
type placed interface {
	Errorf(format string, args ...any) error
}

// secondsOf converts a time, and refuses one that is in the other unit.
func secondsOf(at placed, what string, time, perSecond int64) (int64, error) {
	switch {
	case perSecond == 1 && time > maxSeconds:
		return 0, at.Errorf("%s is %d, expected seconds since 1970: these are milliseconds", what, time)
	case perSecond == 1000 && time < maxSeconds:
		return 0, at.Errorf("%s is %d, expected milliseconds since 1970: these are seconds", what, time)
	}
	return time / perSecond, nil
}

func (r *reviewReader) review(l lines.Line) (*review, error) {
	o, d, user, item, err := r.ids(l)
	if err != nil {
		return nil, err
	}
	text, err := o.Text(d.text)
	if err != nil {
		return nil, err
	}
	summary, err := o.Text(d.summary)
	return &review{User: user, Item: item, Text: text, Summary: summary}, err
}
