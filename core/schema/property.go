package schema

import (
	"encoding/json"
	"slices"
)

// Property is what a schema says of one value.
type Property struct {
	Type             any      `json:"type"`
	Minimum          *float64 `json:"minimum"`
	Maximum          *float64 `json:"maximum"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum"`
	ExclusiveMaximum *float64 `json:"exclusiveMaximum"`
	Enum             []any    `json:"enum"`
}

// Whole reports whether the value is a whole number.
func (p Property) Whole() bool { return p.Type == "integer" }

// PropertyAt finds the value at a path of keys; not ok where the schema knows none.
func PropertyAt(schema json.RawMessage, path []string) (p Property, ok bool) {
	at := schema
	for _, key := range path {
		var object struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
		if json.Unmarshal(at, &object) != nil || object.Properties[key] == nil {
			return Property{}, false
		}
		at = object.Properties[key]
	}
	return p, json.Unmarshal(at, &p) == nil
}

// PropertiesAt lists the keys of the object at a path, in order.
func PropertiesAt(schema json.RawMessage, path []string) []string {
	at := schema
	var object struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	for i := 0; ; i++ {
		object.Properties = nil
		if at == nil || json.Unmarshal(at, &object) != nil {
			return nil
		}
		if i == len(path) {
			break
		}
		at = object.Properties[path[i]]
	}
	keys := make([]string, 0, len(object.Properties))
	for key := range object.Properties {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
