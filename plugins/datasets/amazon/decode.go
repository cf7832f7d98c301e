package main

import (
	"encoding/json"
	"errors"
	"unicode/utf8"

	"cllm4rec/plugins/internal/formats/lines"
)

// rating is what an interaction needs of a review.
type rating struct {
	User    string   `json:"reviewerID"`
	Item    string   `json:"asin"`
	Overall *float32 `json:"overall"`
	Time    *int64   `json:"unixReviewTime"`
}

// review is what a document needs of a review.
type review struct {
	User    string `json:"reviewerID"`
	Item    string `json:"asin"`
	Text    string `json:"reviewText"`
	Summary string `json:"summary"`
}

func decodeRating(l lines.Line) (*rating, error) {
	var r rating
	if err := decode(l, &r); err != nil {
		return nil, err
	}
	switch {
	case r.Overall == nil:
		return nil, l.Errorf("the review has no overall (the rating)")
	case r.Time == nil:
		return nil, l.Errorf("the review has no unixReviewTime")
	}
	return &r, checkIDs(l, r.User, r.Item)
}

func decodeReview(l lines.Line) (*review, error) {
	var r review
	if err := decode(l, &r); err != nil {
		return nil, err
	}
	return &r, checkIDs(l, r.User, r.Item)
}

func checkIDs(l lines.Line, user, item string) error {
	switch {
	case user == "":
		return l.Errorf("the review has no reviewerID")
	case item == "":
		return l.Errorf("the review has no asin")
	}
	return nil
}

// decode reads one JSON object; other fields than those of into are allowed.
func decode(l lines.Line, into any) error {
	if !utf8.Valid(l.Bytes) {
		return l.Errorf("the line is not UTF-8")
	}
	err := json.Unmarshal(l.Bytes, into)
	if err == nil {
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return mistyped(l, wrong)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return l.Errorf("no JSON object: column %d: %v", syntax.Offset, syntax)
	}
	return l.Errorf("no JSON object: %v", err)
}

func mistyped(l lines.Line, e *json.UnmarshalTypeError) error {
	if e.Field == "" {
		return l.Errorf("the line is a JSON %s, expected an object", e.Value)
	}
	return l.Errorf("the field %s is a JSON %s, expected %s", e.Field, e.Value, wanted(e))
}

func wanted(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a text"
	case "int64":
		return "a whole number"
	case "float32":
		return "a number of 32 bits"
	default:
		return "an object"
	}
}
