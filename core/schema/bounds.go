package schema

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Bounds that no honest schema of parameters meets. A plugin is a program of
// somebody else: its schema must not take the host's memory or time, nor open files.
const (
	maxSchemaDepth = 100
	maxSchemaSize  = 100_000 // values, with each reference counted as what it refers to
)

// checkSchema refuses a schema that refers to something outside itself or, over
// any way, to itself, that unfolds to too much, or whose numbers are out of reach.
func checkSchema(doc any) error {
	if problems := checkNumbers(nil, doc); len(problems) > 0 {
		return errors.New(problems[0].String())
	}
	m := measure{root: doc, left: maxSchemaSize}
	return m.walk(doc, nil, 0)
}

// measure walks over a schema with its references unfolded.
type measure struct {
	root any
	left int
}

func (m *measure) walk(value any, open []string, depth int) error {
	if m.left--; m.left < 0 {
		return fmt.Errorf("it unfolds to more than %d values", maxSchemaSize)
	}
	if depth > maxSchemaDepth {
		return fmt.Errorf("its values are nested more than %d deep", maxSchemaDepth)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, x := range v {
			if err := m.keyword(key, x, open, depth); err != nil {
				return err
			}
		}
	case []any:
		for _, x := range v {
			if err := m.walk(x, open, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *measure) keyword(key string, value any, open []string, depth int) error {
	text, isText := value.(string)
	switch {
	case key == "$ref" && isText:
		return m.refer(text, open, depth)
	case slices.Contains([]string{"$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor"}, key) && isText, key == "$id" && depth > 0 && isText:
		return fmt.Errorf("it uses %s, which schemas of parameters do not need", key)
	case key == "$schema" && isText && !slices.Contains(drafts, strings.TrimSuffix(text, "#")):
		return fmt.Errorf("it is a schema of %q; expected %s", text, drafts[0])
	}
	return m.walk(value, open, depth+1)
}

// drafts are the dialects that the checker knows without loading anything.
var drafts = []string{
	"https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2019-09/schema",
	"http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema", "http://json-schema.org/draft-04/schema",
}

func (m *measure) refer(to string, open []string, depth int) error {
	pointer, inside := strings.CutPrefix(to, "#")
	switch {
	case !inside || pointer != "" && !strings.HasPrefix(pointer, "/"):
		return fmt.Errorf("it refers to %q; expected a place inside itself, such as #/$defs/name", to)
	case slices.Contains(open, to):
		return fmt.Errorf("it refers to itself at %q", to)
	}
	if decoded, err := url.PathUnescape(pointer); err == nil {
		pointer = decoded
	}
	return m.walk(lookup(m.root, pointer), append(slices.Clip(open), to), depth+1)
}
