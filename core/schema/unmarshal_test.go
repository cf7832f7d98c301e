package schema

import (
	"strings"
	"testing"
)

func TestUnmarshalTakesOneValueWithoutUnknownKeys(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a": 1}`:            "",
		" {\"a\": 1}\n":       "",
		`{"a": 1, "b": 2}`:    `unknown field "b"`,
		`{"a": 1} {"a": 2}`:   "more follows",
		`{"a": 1}}`:           "more follows",
		`{"a": 1}]`:           "more follows",
		`{"a": 1`:             "unexpected EOF",
		`{"a": {"b": "c"}}`:   "cannot unmarshal object",
		"":                    "EOF",
		`{"a": 1} // comment`: "more follows",
	} {
		var into struct {
			A int `json:"a"`
		}
		err := Unmarshal([]byte(raw), &into)
		if want == "" && (err != nil || into.A != 1) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: read %+v, error %v, expected %q", raw, into, err, want)
		}
	}
}
