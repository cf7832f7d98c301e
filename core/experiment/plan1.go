package experiment

import (
	"cllm4rec/core/data"
	"cllm4rec/core/schema"
)

// oldPlanSchema is that of the plans in which a trial had one hash. Tables of their
// records can still be made.
const oldPlanSchema = 1

// UnmarshalJSON reads a selection strictly; an old plan calls its filter keep.
func (s *Selection) UnmarshalJSON(raw []byte) error {
	type plain Selection
	var either struct {
		plain
		Keep *data.Filter `json:"keep"`
	}
	if err := schema.Unmarshal(raw, &either); err != nil {
		return err
	}
	*s = Selection(either.plain)
	if either.Keep != nil {
		s.Filter = *either.Keep
	}
	return nil
}

// UnmarshalJSON reads a trial strictly; the hash of an old plan is its key.
func (t *Trial) UnmarshalJSON(raw []byte) error {
	type plain Trial
	var either struct {
		plain
		Hash string `json:"hash"`
	}
	if err := schema.Unmarshal(raw, &either); err != nil {
		return err
	}
	*t = Trial(either.plain)
	if t.Key == "" {
		t.Key = either.Hash
	}
	return nil
}
