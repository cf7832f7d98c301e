package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// explain turns the leaves of a validation error into problems.
func explain(doc any, e *jsonschema.ValidationError) []Problem {
	if len(e.Causes) > 0 && !isChoice(e.ErrorKind) {
		var all []Problem
		for _, cause := range e.Causes {
			all = append(all, explain(doc, cause)...)
		}
		return all
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return unknownKeys(e.InstanceLocation, k.Properties, knownKeys(doc, e.SchemaURL))
	case *kind.Required:
		return missingKeys(e.InstanceLocation, k.Missing)
	}
	return []Problem{{Path: e.InstanceLocation, Message: describe(doc, e)}}
}

// isChoice holds for keywords whose causes are alternatives, not faults.
func isChoice(k jsonschema.ErrorKind) bool {
	switch k.(type) {
	case *kind.AnyOf, *kind.OneOf, *kind.Not:
		return true
	}
	return false
}

func unknownKeys(at, keys, known []string) []Problem {
	problems := make([]Problem, 0, len(keys))
	for _, key := range slices.Sorted(slices.Values(keys)) {
		problems = append(problems, Problem{Path: join(at, key), Message: "unknown key" + suggestion(key, known)})
	}
	return problems
}

func missingKeys(at, keys []string) []Problem {
	problems := make([]Problem, 0, len(keys))
	for _, key := range keys {
		problems = append(problems, Problem{Path: join(at, key), Message: "is missing and has no default"})
	}
	return problems
}

func join(at []string, key string) []string { return append(slices.Clone(at), key) }

// suggestion is a hint at a known name, or says that there is none.
func suggestion(name string, known []string) string {
	if len(known) == 0 {
		return "; none is known here"
	}
	return Hint(name, known)
}

// knownKeys are the properties beside the keyword that schemaURL points to.
func knownKeys(doc any, schemaURL string) []string {
	_, fragment, _ := strings.Cut(schemaURL, "#")
	parent, _ := lookup(doc, fragment).(map[string]any)
	properties, _ := parent["properties"].(map[string]any)
	keys := make([]string, 0, len(properties))
	for key := range properties {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// lookup follows a JSON pointer (RFC 6901) in a URL fragment.
func lookup(doc any, pointer string) any {
	if decoded, err := url.PathUnescape(pointer); err == nil {
		pointer = decoded
	}
	for _, part := range strings.Split(pointer, "/")[1:] {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		}
	}
	return doc
}

// describeTypes words a choice between types; "" for one between anything else.
func describeTypes(e *jsonschema.ValidationError) string {
	var want []string
	got := ""
	for _, cause := range e.Causes {
		k, ok := cause.ErrorKind.(*kind.Type)
		if !ok {
			return ""
		}
		want, got = append(want, k.Want...), k.Got
	}
	return fmt.Sprintf("expected %s, got %s", strings.Join(want, " or "), got)
}

// describe words the keywords that parameters use; others keep the library's words.
func describe(doc any, e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return fmt.Sprintf("expected %s, got %s", strings.Join(k.Want, " or "), k.Got)
	case *kind.OneOf:
		if text := describeTypes(e); text != "" {
			return text
		}
	case *kind.Enum:
		return describeEnum(k)
	case *kind.Minimum:
		return fmt.Sprintf("must be at least %s, got %s", decimal(k.Want), decimal(k.Got))
	case *kind.Maximum:
		return fmt.Sprintf("must be at most %s, got %s", decimal(k.Want), decimal(k.Got))
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("must be greater than %s, got %s", decimal(k.Want), decimal(k.Got))
	case *kind.ExclusiveMaximum:
		return fmt.Sprintf("must be less than %s, got %s", decimal(k.Want), decimal(k.Got))
	case *kind.MinLength:
		if k.Want == 1 {
			return "must not be empty"
		}
	case *kind.MinItems:
		return fmt.Sprintf("needs at least %d of them, got %d", k.Want, k.Got)
	case *kind.UniqueItems:
		return fmt.Sprintf("entries %d and %d are the same", k.Duplicates[0]+1, k.Duplicates[1]+1)
	case *kind.Pattern:
		return fmt.Sprintf("must have the form %s, got %q", k.Want, k.Got)
	case *kind.Not:
		return comment(doc, e.SchemaURL)
	}
	return e.ErrorKind.LocalizedString(message.NewPrinter(language.English))
}

func describeEnum(k *kind.Enum) string {
	known := make([]string, len(k.Want))
	for i, v := range k.Want {
		known[i] = fmt.Sprint(v)
	}
	got, _ := json.Marshal(k.Got)
	listed := strings.Join(known, ", ")
	if len(known) > mostKnown {
		listed = fmt.Sprintf("%d values, such as %s", len(known), strings.Join(nearest(fmt.Sprint(k.Got), known)[:mostKnown], ", "))
	}
	text := fmt.Sprintf("must be one of %s, got %s", listed, got)
	if near := Nearest(fmt.Sprint(k.Got), known); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text
}

// comment is the reason that Of leaves beside "not".
func comment(doc any, schemaURL string) string {
	_, fragment, _ := strings.Cut(schemaURL, "#")
	parent, _ := lookup(doc, fragment).(map[string]any)
	if text, ok := parent["$comment"].(string); ok {
		return text
	}
	return "is not allowed"
}

func decimal(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// decodeMessage words what the schema cannot see, such as an integer that does
// not fit its Go type.
func decodeMessage(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return fmt.Sprintf("%s: %s does not fit into %s", wrong.Field, wrong.Value, wrong.Type)
	}
	return err.Error()
}
