package experiment

import (
	"bytes"
	"encoding/json"
)

// oldPlanSchema is that of the plans in which a trial had one hash. Tables of their
// records can still be made.
const oldPlanSchema = 1

// UnmarshalJSON reads a trial strictly; the hash of an old plan is its key.
func (t *Trial) UnmarshalJSON(raw []byte) error {
	type plain Trial
	var either struct {
		plain
		Hash string `json:"hash"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&either); err != nil {
		return err
	}
	*t = Trial(either.plain)
	if t.Key == "" {
		t.Key = either.Hash
	}
	return nil
}
