// Package schema is the one strict mechanism for parameters: a Go struct gives
// a JSON schema (draft 2020-12), and the schema checks what a user wrote, fills
// the defaults and decodes the result. Plugins use it for their parameters and
// the runner for its experiment file.
//
// A field is described by its tags:
//
//	type Params struct {
//		Rate   float64 `json:"rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=Adam's learning rate"`
//		Mode   string  `json:"mode" jsonschema:"default=fast,enum=fast,enum=exact"`
//		Path   string  `json:"path" jsonschema:"required,minLength=1"`
//		Layers []int   `json:"layers" jsonschema:"default=600,default=200,minimum=1"`
//		Early  *Early  `json:"early"` // a section that may be left out
//	}
//
// A comma in a description is written `\\,` or the text goes into the tag
// jsonschema_description. A scalar without `required`, `default` and omitempty
// has its zero value as its default, which must then lie in its range; a
// struct that is not a pointer defaults to the defaults of its fields.
package schema

import (
	"encoding/json"
	"fmt"
	"reflect"

	"cllm4rec/core/contract"

	"github.com/invopop/jsonschema"
)

// Of is the JSON schema of T, which is a struct. A type whose tags are wrong
// has a schema that refuses everything and says why; For returns the reason.
func Of[T any]() json.RawMessage {
	schema, err := For[T]()
	if err != nil {
		refuse, _ := json.Marshal(map[string]any{"not": map[string]any{}, "$comment": err.Error()})
		return refuse
	}
	return schema
}

// For is the JSON schema of T, or an error that names the field whose tag is
// unknown, malformed or contradicts its own default.
func For[T any]() (json.RawMessage, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters must be a struct, got %s", t)
	}
	schema, err := reflectSchema(t)
	if err != nil {
		return nil, err
	}
	return json.Marshal(schema)
}

// reflectSchema turns the library's panic about a type without a JSON form
// into an error.
func reflectSchema(t reflect.Type) (schema *jsonschema.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s has no JSON schema: %v", t, p)
		}
	}()
	r := jsonschema.Reflector{Anonymous: true, DoNotReference: true, RequiredFromJSONSchemaTags: true}
	schema = r.ReflectFromType(t)
	return schema, complete(t, schema, t.Name())
}

// Decode checks raw against the schema of T, fills in every default and decodes
// the result. The resolved object has canonical numbers and sorted keys, so that
// equal parameters have equal bytes. Empty or null raw means no parameters. The
// error is a contract.ErrInvalid that lists every problem.
func Decode[T any](raw json.RawMessage) (value T, resolved json.RawMessage, err error) {
	schema, err := For[T]()
	if err != nil {
		return value, nil, contract.Errorf(contract.ErrInvalid, "%v", err)
	}
	resolved, err = Resolve(schema, raw)
	if err != nil {
		return value, nil, err
	}
	if err := Unmarshal(resolved, &value); err != nil {
		return value, nil, contract.Errorf(contract.ErrInvalid, "%s", decodeMessage(err))
	}
	return value, resolved, nil
}
