package schema

import (
	"encoding/json"
	"maps"
	"slices"
)

// Property is what a schema says of one value.
type Property struct {
	Type    any      `json:"type"`
	Minimum *float64 `json:"minimum"`
	Maximum *float64 `json:"maximum"`
	Enum    []any    `json:"enum"`
	// Properties are those of an object, by key; Items is the schema of a list's elements.
	Properties map[string]json.RawMessage `json:"properties"`
	Items      json.RawMessage            `json:"items"`
}

// Whole reports whether the value is a whole number.
func (p Property) Whole() bool { return p.Type == "integer" }

// Keys are those of an object, in order.
func (p Property) Keys() []string { return slices.Sorted(maps.Keys(p.Properties)) }

// PropertyAt finds the value at a path of keys; not ok where the schema knows none.
func PropertyAt(schema json.RawMessage, path []string) (p Property, ok bool) {
	if err := json.Unmarshal(schema, &p); err != nil {
		return Property{}, false
	}
	if len(path) == 0 {
		return p, true
	}
	inner, known := p.Properties[path[0]]
	if !known {
		return Property{}, false
	}
	return PropertyAt(inner, path[1:])
}
