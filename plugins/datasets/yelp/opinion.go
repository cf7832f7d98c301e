package main

import (
	"time"

	"cllm4rec/plugins/internal/formats/lines"
	"cllm4rec/plugins/internal/formats/object"
)

// opinion is a review or a tip.
type opinion struct {
	user, business, text string
	stars                float32 // of a review, 1 to 5
	time                 int64   // Unix seconds
}

func readReview(l lines.Line) (*opinion, error) {
	o, r, err := readOpinion(l, "a review of Yelp", "user_id", "business_id", "stars", "date")
	if err != nil {
		return nil, err
	}
	stars, err := o.Number("stars")
	if err != nil {
		return nil, err
	}
	if stars == nil {
		return nil, o.Errorf("the review has no stars")
	}
	r.stars = *stars
	return r, nil
}

func readTip(l lines.Line) (*opinion, error) {
	o, t, err := readOpinion(l, "a tip of Yelp", "user_id", "business_id", "text", "date")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"stars", "review_id"} {
		if o.Value(name) != nil {
			return nil, o.Errorf("the line has the field %s: this is a review, expected a tip of Yelp", name)
		}
	}
	return t, nil
}

// readOpinion reads what reviews and tips share.
func readOpinion(l lines.Line, what string, fields ...string) (*object.Object, *opinion, error) {
	o, err := object.Parse(l)
	if err != nil {
		return nil, nil, err
	}
	if err := o.Want(what, fields...); err != nil {
		return nil, nil, err
	}
	f := object.Fields{Object: o}
	r := &opinion{user: f.Text("user_id"), business: f.Text("business_id"), text: f.Text("text")}
	date := f.Text("date")
	if f.Err != nil {
		return nil, nil, f.Err
	}
	if r.user == "" || r.business == "" {
		return nil, nil, o.Errorf("the field user_id or business_id is empty, expected an id")
	}
	r.time, err = seconds(o, "date", date)
	return o, r, err
}

// seconds reads "2016-03-09 20:56:38" or, as in the files until 2018, "2016-03-09". The
// files name no zone; UTC is taken.
func seconds(o *object.Object, field, date string) (int64, error) {
	for _, layout := range []string{time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, date, time.UTC); err == nil {
			return t.Unix(), nil
		}
	}
	return 0, o.Errorf("the field %s is %.40q, expected a date such as 2016-03-09 20:56:38", field, date)
}

// selection is a set of businesses; nil has all.
type selection map[string]struct{}

func (s selection) has(business string) bool {
	if s == nil {
		return true
	}
	_, ok := s[business]
	return ok
}
