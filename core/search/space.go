package search

import (
	"fmt"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Space is what a search may choose.
type Space struct {
	parameters []Parameter
	place      map[string]int // by name
}

// NewSpace checks a space. ErrInvalid lists every problem. The notes say what was changed:
// a High that no step reaches.
func NewSpace(parameters []Parameter) (s *Space, notes []string, err error) {
	if len(parameters) == 0 {
		return nil, nil, contract.Errorf(contract.ErrInvalid, "the space has no parameters")
	}
	s = &Space{place: map[string]int{}}
	var problems []schema.Problem
	for _, p := range parameters {
		for _, message := range s.check(&p) {
			problems = append(problems, schema.Problem{Path: []string{p.Name}, Message: message})
		}
		s.place[p.Name] = len(s.parameters)
		s.parameters = append(s.parameters, p)
	}
	if len(problems) > 0 {
		return nil, nil, schema.Invalid(problems)
	}
	for i := range s.parameters {
		if note := s.parameters[i].trimmed(); note != "" {
			notes = append(notes, note)
		}
	}
	return s, notes, nil
}

// Parameters are those of the space, in their order, as they are used.
func (s *Space) Parameters() []Parameter { return slices.Clone(s.parameters) }

// check says what is wrong with a parameter that follows those of the space, and gives an
// Int its step.
func (s *Space) check(p *Parameter) (problems []string) {
	if p.Name == "" {
		problems = append(problems, "a parameter has no name")
	}
	if _, twice := s.place[p.Name]; twice {
		problems = append(problems, "the name is there twice")
	}
	switch p.Kind {
	case Float, Int:
		problems = append(problems, p.checkNumber()...)
	case Categorical:
		problems = append(problems, p.checkChoices()...)
	default:
		problems = append(problems, fmt.Sprintf("unknown kind %q: expected float, int or categorical", p.Kind))
	}
	if p.When != nil {
		problems = append(problems, s.checkWhen(p.When)...)
	}
	return problems
}

// maxInt is the greatest whole number that float64 holds with all below it.
const maxInt = 1 << 53

func (p *Parameter) checkNumber() (problems []string) {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	whole := func(x float64) bool { return x == math.Trunc(x) && math.Abs(x) <= maxInt }
	if len(p.Choices) > 0 {
		problems = append(problems, "a number has no choices: expected low and high, or the kind categorical")
	}
	if !finite(p.Low) || !finite(p.High) || !finite(p.Step) || !finite(p.High-p.Low) {
		return append(problems, "low, high and step must be finite")
	}
	if p.Low > p.High {
		problems = append(problems, fmt.Sprintf("low %v is above high %v", p.Low, p.High))
	}
	if p.Log && p.Low <= 0 {
		problems = append(problems, fmt.Sprintf("low %v: with log it must be above 0", p.Low))
	}
	if p.Step < 0 {
		problems = append(problems, fmt.Sprintf("step %v: must be above 0", p.Step))
	}
	if p.Log && p.Step != 0 && !(p.Kind == Int && p.Step == 1) {
		problems = append(problems, "step does not go with log")
	}
	if p.Levels < 0 || p.Levels == 1 && p.Low != p.High {
		problems = append(problems, fmt.Sprintf("levels %d: expected 2 or more", p.Levels))
	}
	if p.Levels > 0 && p.Step != 0 && !(p.Kind == Int && p.Step == 1) {
		problems = append(problems, "levels and step: expected one of them")
	}
	if p.Kind == Int {
		if !whole(p.Low) || !whole(p.High) || !whole(p.Step) {
			problems = append(problems, "low, high and step of an int must be whole numbers")
		}
		if p.Step == 0 {
			p.Step = 1
		}
	}
	if p.Step > 0 && (p.High-p.Low)/p.Step > maxInt {
		problems = append(problems, fmt.Sprintf("step %v is too small for the range", p.Step))
	}
	return problems
}

func (p *Parameter) checkChoices() (problems []string) {
	if p.Low != 0 || p.High != 0 || p.Log || p.Step != 0 || p.Levels != 0 {
		problems = append(problems, "low, high, log, step and levels do not go with choices")
	}
	if len(p.Choices) == 0 {
		problems = append(problems, "it has no choices")
	}
	for i, c := range p.Choices {
		switch c := plain(c); {
		case c == nil:
			problems = append(problems, fmt.Sprintf("choice %d (%v) is no text, number or boolean", i+1, p.Choices[i]))
		case index(p.Choices[:i], c) >= 0:
			problems = append(problems, fmt.Sprintf("the choice %v is there twice", p.Choices[i]))
		}
	}
	return problems
}

// checkWhen wants a condition on an earlier parameter, and on values that it may have.
func (s *Space) checkWhen(c *Condition) (problems []string) {
	at, known := s.place[c.Name]
	if !known {
		var names []string
		for _, p := range s.parameters {
			names = append(names, p.Name)
		}
		return []string{fmt.Sprintf("when: there is no parameter %q before it%s", c.Name, schema.Hint(c.Name, names))}
	}
	if len(c.In) == 0 {
		problems = append(problems, "when: it names no values of "+c.Name)
	}
	for _, v := range c.In {
		if _, err := s.parameters[at].internal(v); err != nil {
			problems = append(problems, fmt.Sprintf("when: %s is never %v: %v", c.Name, v, err))
		}
	}
	return problems
}

// exists reports whether a parameter exists beside the internal values of earlier ones.
func (s *Space) exists(p *Parameter, values map[string]float64) bool {
	if p.When == nil {
		return true
	}
	x, there := values[p.When.Name]
	if !there {
		return false
	}
	return slices.ContainsFunc(p.When.In, func(v any) bool {
		y, err := s.parameters[s.place[p.When.Name]].internal(v)
		return err == nil && x == y
	})
}
