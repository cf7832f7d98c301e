package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Problem is one thing that is wrong with a value.
type Problem struct {
	// Path leads from the root to the value at fault: keys and list indices.
	// For an unknown or a missing key it ends in that key.
	Path    []string
	Message string // says what was found and what was expected
}

// String is "path: message", or the message alone at the root.
func (p Problem) String() string {
	if len(p.Path) == 0 {
		return p.Message
	}
	return strings.Join(p.Path, ".") + ": " + p.Message
}

const resource = "parameters.json"

// Check holds a value against a schema and returns every problem, in the order
// of their paths; none means that the value fits. The value is a JSON text
// (json.RawMessage) or what decoding JSON or YAML into `any` gives. A schema
// that is itself broken is a problem at the root.
func Check(schema json.RawMessage, value any) []Problem {
	doc, compiled, err := compile(schema)
	if err != nil {
		return []Problem{{Message: fmt.Sprintf("the schema is broken: %v", err)}}
	}
	if raw, ok := value.(json.RawMessage); ok {
		if value, err = parse(raw); err != nil {
			return []Problem{{Message: err.Error()}}
		}
	}
	if problems := checkNumbers(nil, value); len(problems) > 0 {
		return problems
	}
	err = compiled.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return asProblem(err)
	}
	problems := explain(doc, invalid)
	slices.SortStableFunc(problems, func(a, b Problem) int { return slices.CompareFunc(a.Path, b.Path, comparePathParts) })
	return problems
}

func asProblem(err error) []Problem {
	if err == nil {
		return nil
	}
	return []Problem{{Message: err.Error()}}
}

// comparePathParts orders list indices as numbers.
func comparePathParts(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	if errX == nil && errY == nil {
		return x - y
	}
	return strings.Compare(a, b)
}

// parse reads one JSON value and keeps numbers as they are written.
func parse(raw json.RawMessage) (any, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return v, nil
}

// checkNumbers refuses numbers beyond a float64 before the library makes exact
// fractions of them, for which 1e999999999 would take gigabytes.
func checkNumbers(at []string, value any) []Problem {
	var problems []Problem
	switch v := value.(type) {
	case map[string]any:
		for key, x := range v {
			problems = append(problems, checkNumbers(join(at, key), x)...)
		}
	case []any:
		for i, x := range v {
			problems = append(problems, checkNumbers(join(at, strconv.Itoa(i)), x)...)
		}
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(v.String()), "e")
		e, _ := strconv.Atoi(exponent) // out of range gives the largest int
		if _, err := v.Float64(); err != nil || e < -400 || len(v) > 400 {
			problems = []Problem{{Path: at, Message: "is not a number that 64 bits hold"}}
		}
	}
	return problems
}
