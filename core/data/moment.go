package data

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Moment is a point in time as somebody wrote it: a date or a time of ISO 8601 (UTC
// where it names no zone), or Unix seconds. "" is none. Resolved options hold Unix
// seconds, so that the same time has one form.
type Moment string

// layouts are those of a Moment that is not a number.
var layouts = []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"}

// Unix is the moment in Unix seconds.
func (m Moment) Unix() (int64, error) {
	if seconds, err := strconv.ParseInt(string(m), 10, 64); err == nil {
		return seconds, nil
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, string(m), time.UTC); err == nil {
			return t.Unix(), nil
		}
	}
	return 0, fmt.Errorf("%q is no time; expected one such as 2014-07-01, 2014-07-01T12:00:00Z or 1404172800 (Unix seconds)", string(m))
}

// UnmarshalJSON takes a text or a number, of whose form Unix speaks.
func (m *Moment) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err == nil {
		*m = Moment(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil {
		return fmt.Errorf("%s is no time: expected text or a number", raw)
	}
	*m = Moment(number)
	return nil
}

// MarshalJSON gives Unix seconds as a number.
func (m Moment) MarshalJSON() ([]byte, error) {
	if _, err := strconv.ParseInt(string(m), 10, 64); err == nil {
		return []byte(m), nil
	}
	return json.Marshal(string(m))
}

// moment resolves a moment to Unix seconds; not ok when it is none or wrong.
func (p *problems) moment(key string, m *Moment) (seconds int64, ok bool) {
	if *m == "" {
		return 0, false
	}
	seconds, err := m.Unix()
	if err != nil {
		p.add("%s: %v", key, err)
		return 0, false
	}
	*m = Moment(strconv.FormatInt(seconds, 10))
	return seconds, true
}

// seconds is a resolved moment; not ok when it is none.
func (m Moment) seconds() (seconds int64, ok bool) {
	seconds, err := m.Unix()
	return seconds, err == nil && m != ""
}
