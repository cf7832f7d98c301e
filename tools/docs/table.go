package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
)

// section is the table of an object's keys, and after it those of the objects in
// it; path leads to the object, "" for the file.
func section(path string, object *jsonschema.Schema) string {
	var out, inner strings.Builder
	if path != "" {
		fmt.Fprintf(&out, "\n### `%s`\n\n", path)
	}
	out.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	for p := object.Properties.Oldest(); p != nil; p = p.Next() {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", p.Key, value(p.Value), missing(p.Key, p.Value, object), cell(p.Value.Description))
		if below, at := objectIn(p.Value, join(path, p.Key)); below != nil {
			inner.WriteString(section(at, below))
		}
	}
	return out.String() + inner.String()
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// objectIn is the object with known keys that a value is or lists.
func objectIn(s *jsonschema.Schema, path string) (*jsonschema.Schema, string) {
	switch {
	case s.Items != nil && hasKeys(s.Items):
		return s.Items, path + "[]"
	case hasKeys(s):
		return s, path
	}
	return nil, ""
}

func hasKeys(s *jsonschema.Schema) bool { return s.Properties != nil && s.Properties.Len() > 0 }

// value says what may stand there.
func value(s *jsonschema.Schema) string {
	switch {
	case s.Type == "array" && hasKeys(s.Items):
		return "list, below"
	case s.Type == "array":
		return "list of " + value(s.Items)
	case s.Type == "object" && hasKeys(s):
		return "section, below"
	case s.Type == "object":
		return "section"
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprintf("`%v`", e)
		}
		return strings.Join(words, ", ")
	case s.Type == "boolean":
		return "`true`, `false`"
	case s.Type == "string":
		return "text"
	case len(s.OneOf) > 0:
		var words []string
		for _, one := range s.OneOf {
			words = append(words, value(one))
		}
		return strings.Join(words, " or ")
	default:
		return s.Type + bounds(s)
	}
}

// bounds are the limits of a number.
func bounds(s *jsonschema.Schema) string {
	var words []string
	for _, b := range []struct {
		word  string
		limit json.Number
	}{{"from", s.Minimum}, {"above", s.ExclusiveMinimum}, {"to", s.Maximum}, {"below", s.ExclusiveMaximum}} {
		if b.limit != "" {
			words = append(words, b.word+" "+b.limit.String())
		}
	}
	return strings.TrimRight(" "+strings.Join(words, " "), " ")
}

// missing says what holds where the key is left out.
func missing(key string, s, parent *jsonschema.Schema) string {
	switch {
	case slices.Contains(parent.Required, key):
		return "required"
	case s.Default == nil || s.Type == "object" || s.Default == "":
		return ""
	}
	raw, err := json.Marshal(s.Default)
	if err != nil { // it was read from JSON
		return ""
	}
	return "`" + strings.Trim(string(raw), `"`) + "`"
}

// cell is a text inside a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
