package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"
)

// keywords lists what a jsonschema tag may say; the library ignores any other
// word, which would silently lose a range.
func keywords() []string {
	return []string{
		"required", "nullable", "-", "title", "description", "type", "default", "example", "enum", "format", "pattern",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
		"minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
		"oneof_type", "anyof_type", "oneof_required", "anyof_required",
	}
}

// complete checks the tags of t's fields and adds the defaults that its tags
// leave unsaid. at is the path to t, for messages.
func complete(t reflect.Type, schema *jsonschema.Schema, at string) error {
	for i := range t.NumField() {
		f := t.Field(i)
		if err := completeField(f, schema, at+"."+f.Name); err != nil {
			return err
		}
	}
	return nil
}

func completeField(f reflect.StructField, parent *jsonschema.Schema, at string) error {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
		return complete(f.Type, parent, at)
	}
	if name == "" {
		name = f.Name
	}
	if err := checkTag(f.Tag.Get("jsonschema"), at); err != nil {
		return err
	}
	property, ok := parent.Properties.Get(name)
	if !ok { // unexported, or json:"-"
		return nil
	}
	if err := completeNested(f.Type, property, at); err != nil {
		return err
	}
	optional := slices.Contains(strings.Split(options, ","), "omitempty") || strings.Contains(options, "omitzero")
	if !optional && !slices.Contains(parent.Required, name) {
		implyDefault(f.Type, property)
	}
	return checkDefault(property, at)
}

// checkTag refuses words that the library would ignore. Commas inside a
// description are escaped, so a part without "=" is a keyword or a mistake.
func checkTag(tag, at string) error {
	for _, part := range strings.Split(strings.ReplaceAll(tag, `\,`, ""), ",") {
		word, _, _ := strings.Cut(part, "=")
		if part != "" && !slices.Contains(keywords(), word) {
			return fmt.Errorf("%s: jsonschema tag has the unknown word %q%s", at, word, suggestion(word, keywords()))
		}
	}
	return nil
}

// completeNested goes on into structs behind pointers, slices and maps.
func completeNested(t reflect.Type, schema *jsonschema.Schema, at string) error {
	switch t.Kind() {
	case reflect.Pointer:
		return completeNested(t.Elem(), schema, at)
	case reflect.Slice, reflect.Array:
		if schema.Items == nil {
			return nil
		}
		return completeNested(t.Elem(), schema.Items, at+"[]")
	case reflect.Map:
		if schema.AdditionalProperties == nil {
			return nil
		}
		return completeNested(t.Elem(), schema.AdditionalProperties, at+"{}")
	case reflect.Struct:
		if schema.Properties == nil || schema.Properties.Len() == 0 {
			return nil
		}
		return complete(t, schema, at)
	}
	return nil
}

// implyDefault writes down the zero value that Go gives a scalar anyway, and
// the empty object for a struct, whose fields have their own defaults.
func implyDefault(t reflect.Type, schema *jsonschema.Schema) {
	if schema.Default != nil || len(schema.Required) > 0 {
		return
	}
	switch {
	case t.Kind() == reflect.Pointer:
	case schema.Type == "integer" || schema.Type == "number":
		schema.Default = json.Number("0")
	case schema.Type == "boolean":
		schema.Default = false
	case schema.Type == "string":
		schema.Default = ""
	case schema.Type == "object" && t.Kind() == reflect.Struct:
		schema.Default = map[string]any{}
	}
}

// checkDefault holds a default against its own schema. The library gives the
// defaults of a list as strings; they take the type of the list's items here.
func checkDefault(schema *jsonschema.Schema, at string) error {
	if list, ok := schema.Default.([]any); ok && schema.Items != nil && schema.Items.Type != "string" {
		for i, v := range list {
			list[i] = json.RawMessage(fmt.Sprint(v))
		}
	}
	if schema.Default == nil || schema.Type == "object" {
		return nil
	}
	raw, err := json.Marshal(schema)
	if err != nil {
		return fmt.Errorf("%s: default %v: %w", at, schema.Default, err)
	}
	value, err := json.Marshal(schema.Default)
	if err != nil {
		return fmt.Errorf("%s: default %v: %w", at, schema.Default, err)
	}
	if problems := Check(raw, json.RawMessage(value)); len(problems) > 0 {
		return fmt.Errorf("%s: its default %s does not fit: %s (give another default=, or required)", at, value, problems[0])
	}
	return nil
}
