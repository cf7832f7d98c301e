package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"cllm4rec/core/contract"
)

// Resolve checks a JSON object against a schema without references (as Of
// makes them), fills in its defaults and writes numbers in one canonical way.
// The error is a contract.ErrInvalid that lists every problem.
func Resolve(schema, raw json.RawMessage) (json.RawMessage, error) {
	if text := bytes.TrimSpace(raw); len(text) == 0 || string(text) == "null" {
		raw = json.RawMessage("{}")
	}
	if problems := Check(schema, raw); len(problems) > 0 {
		return nil, Invalid(problems)
	}
	value, err := parse(raw)
	if err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "%v", err)
	}
	doc, err := parse(schema)
	if err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "the schema is broken: %v", err)
	}
	resolved, err := json.Marshal(fill(doc, value))
	if err != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "%v", err)
	}
	return resolved, nil
}

// mostProblems is how many problems a message lists.
const mostProblems = 100

// Invalid makes one contract.ErrInvalid of problems.
func Invalid(problems []Problem) error {
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	if len(lines) == 1 {
		return contract.Errorf(contract.ErrInvalid, "%s", lines[0])
	}
	if more := len(lines) - mostProblems; more > 0 {
		lines = append(lines[:mostProblems:mostProblems], fmt.Sprintf("and %d more", more))
	}
	return contract.Errorf(contract.ErrInvalid, "%d problems:\n  %s", len(problems), strings.Join(lines, "\n  "))
}

// fill returns value with defaults and canonical numbers, following schema.
func fill(schema, value any) any {
	s, _ := schema.(map[string]any)
	switch v := value.(type) {
	case map[string]any:
		return fillObject(s, v)
	case []any:
		for i := range v {
			v[i] = fill(s["items"], v[i])
		}
	case json.Number:
		return canonical(v, s["type"])
	}
	return value
}

func fillObject(s, object map[string]any) map[string]any {
	properties, _ := s["properties"].(map[string]any)
	for key, property := range properties {
		if _, given := object[key]; given {
			continue
		}
		p, _ := property.(map[string]any)
		if def, ok := p["default"]; ok {
			object[key] = clone(def)
		}
	}
	for key, v := range object {
		inner, ok := properties[key]
		if !ok {
			inner = s["additionalProperties"]
		}
		object[key] = fill(inner, v)
	}
	return object
}

// clone copies a default, which fill is going to change.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, x := range v {
			out[key] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// canonical writes 1.0 and 1e0 as 1 where an integer is expected, and any other
// number in the shortest form that gives the same float64.
func canonical(n json.Number, typ any) json.Number {
	if typ == "integer" {
		if r, ok := new(big.Rat).SetString(n.String()); ok && r.IsInt() {
			return json.Number(r.Num().String())
		}
	}
	f, err := n.Float64()
	if err != nil {
		return n
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return n
	}
	return json.Number(raw)
}
