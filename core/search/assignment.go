package search

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Assignment gives every parameter that exists its value: a float64, an int64, or a choice.
type Assignment map[string]any

// Key is the same for equal assignments: JSON with sorted names.
func (a Assignment) Key() string {
	raw, err := json.Marshal(map[string]any(a))
	if err != nil { // cannot happen: the values are texts, finite numbers and booleans
		return fmt.Sprint(map[string]any(a))
	}
	return string(raw)
}

// plain is a scalar as JSON knows it: a float64 for every number; nil for anything else.
func plain(v any) any {
	switch v := v.(type) {
	case string, bool:
		return v
	case float64:
		return finite(v)
	case float32:
		return finite(float64(v))
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return finite(f)
		}
	}
	return nil
}

func finite(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return x
}

// index is the place of a plain value among choices; -1 when it is none.
func index(choices []any, v any) int {
	return slices.IndexFunc(choices, func(c any) bool { return plain(c) == v })
}

// internal is a value as samplers compute with it: a number, or the place of a choice.
func (p *Parameter) internal(v any) (float64, error) {
	x := plain(v)
	if p.Kind == Categorical {
		if i := index(p.Choices, x); x != nil && i >= 0 {
			return float64(i), nil
		}
		return 0, contract.Errorf(contract.ErrInvalid, "%s: %v is none of its choices %v", p.Name, v, p.Choices)
	}
	f, is := x.(float64)
	switch {
	case !is:
		return 0, contract.Errorf(contract.ErrInvalid, "%s: %v is no number", p.Name, v)
	case f < p.Low || f > p.High:
		return 0, contract.Errorf(contract.ErrInvalid, "%s: %v is not between %v and %v", p.Name, v, p.Low, p.High)
	case !p.onStep(f):
		return 0, contract.Errorf(contract.ErrInvalid, "%s: %v is on no step of %v from %v", p.Name, v, p.Step, p.Low)
	}
	return f, nil
}

// onStep reports whether a number is one that the steps reach, but for rounding.
func (p *Parameter) onStep(f float64) bool {
	step := p.Step
	if step == 0 {
		return true
	}
	return math.Abs(f-(p.Low+math.RoundToEven((f-p.Low)/step)*step)) <= 1e-9*max(1, math.Abs(f))
}

// internal is an assignment as samplers compute with it. ErrInvalid when it has a parameter
// too many or too few, or a value that is not allowed.
func (s *Space) internal(a Assignment) (map[string]float64, error) {
	values := map[string]float64{}
	for i := range s.parameters {
		p := &s.parameters[i]
		v, there := a[p.Name]
		exists := s.exists(p, values)
		switch {
		case there && !exists:
			return nil, contract.Errorf(contract.ErrInvalid, "%s has a value, and does not exist where %s is %v", p.Name, p.When.Name, a[p.When.Name])
		case !there && exists:
			return nil, contract.Errorf(contract.ErrInvalid, "%s has no value", p.Name)
		case !there:
			continue
		}
		x, err := p.internal(v)
		if err != nil {
			return nil, err
		}
		values[p.Name] = x
	}
	for name := range a {
		if _, known := s.place[name]; !known {
			var names []string
			for _, p := range s.parameters {
				names = append(names, p.Name)
			}
			return nil, contract.Errorf(contract.ErrInvalid, "the space has no parameter %q%s", name, schema.Hint(name, names))
		}
	}
	return values, nil
}

// external is an assignment as users see it.
func (s *Space) external(values map[string]float64) Assignment {
	a := Assignment{}
	for i := range s.parameters {
		p := &s.parameters[i]
		if x, there := values[p.Name]; there {
			a[p.Name] = p.external(x)
		}
	}
	return a
}

// draw makes an assignment: value gives a parameter that exists its internal value.
func (s *Space) draw(value func(i int, p *Parameter) float64) map[string]float64 {
	values := map[string]float64{}
	for i := range s.parameters {
		if p := &s.parameters[i]; s.exists(p, values) {
			values[p.Name] = value(i, p)
		}
	}
	return values
}
