package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Unmarshal reads exactly one JSON value without unknown keys, such as of a file that the
// program wrote, where anything else is damage.
func Unmarshal(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more follows after the JSON value")
	}
	return nil
}
