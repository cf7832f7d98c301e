package cllm4rec

import (
	"fmt"

	"cllm4rec/core/schema"
	"cllm4rec/core/train"
)

// Linear adds the scores of another method to the logits when items are ranked:
//
//	score_j = (Z^v h)_j + gamma s_j
//
// with s the other method's scores for the same history, brought to mean 0 and
// deviation 1 over the items of its stored ranking (depth). The towers train without it:
// the learned part is a method of its own, and core/experiment makes the sum of both.
type Linear struct {
	Of      string    `json:"of" jsonschema:"required,minLength=1" jsonschema_description:"name of the method, which may be an ensemble"`
	Gamma   any       `json:"gamma,omitempty" jsonschema:"oneof_type=string;number" jsonschema_description:"weight of its scores, from 0; search (default) takes the first of grid that is best on validation once the towers are trained"`
	Grid    []float64 `json:"grid,omitempty" jsonschema:"minItems=1,maxItems=1000,minimum=0" jsonschema_description:"what a search tries (default: 0, 0.1 and so on to 3)"`
	Metrics []string  `json:"metrics,omitempty" jsonschema:"minItems=1,uniqueItems=true" jsonschema_description:"the sum of these decides a search (default recall_min@20; recall_min@40; ndcg@100)"`
	Depth   *int      `json:"depth,omitempty" jsonschema:"minimum=1000,maximum=1000000000" jsonschema_description:"how many items of each user's two rankings are added up, and are stored of the other one (default 1000); a number beyond that of the items takes all"`
}

// gammaSearch asks for a search.
const gammaSearch = "search"

// LinearSettings are a Linear, decided.
type LinearSettings struct {
	Of string `json:"of,omitempty"`
	// Gamma is a number, or "search", which tries Grid by the sum of Metrics.
	Gamma   any       `json:"gamma"`
	Grid    []float64 `json:"grid,omitempty"`
	Metrics []string  `json:"metrics,omitempty"`
	Depth   int       `json:"depth"`
}

// decide fills in the defaults.
func (l *Linear) decide() *LinearSettings {
	if l == nil {
		return nil
	}
	s := &LinearSettings{Of: l.Of, Gamma: l.Gamma, Depth: or(l.Depth, 1000)}
	if l.searched() {
		s.Gamma, s.Grid, s.Metrics = gammaSearch, l.Grid, l.Metrics
		if s.Grid == nil {
			s.Grid = defaultGrid()
		}
		if s.Metrics == nil {
			s.Metrics = train.DefaultMetrics()
		}
	}
	return s
}

func (l *Linear) searched() bool { return l.Gamma == nil || l.Gamma == gammaSearch }

// defaultGrid is 0, 0.1, ..., 3.
func defaultGrid() []float64 {
	grid := make([]float64, 31)
	for i := range grid {
		grid[i] = float64(i) / 10
	}
	return grid
}

func (l *Linear) check() []schema.Problem {
	if l == nil {
		return nil
	}
	var problems []schema.Problem
	add := func(key, message string) {
		problems = append(problems, schema.Problem{Path: []string{"linear", key}, Message: message})
	}
	gamma, given := l.Gamma.(float64)
	switch {
	case given && gamma < 0:
		add("gamma", fmt.Sprintf("must be at least 0, got %v", gamma))
	case !given && !l.searched():
		add("gamma", fmt.Sprintf("must be a number or %q, got %q", gammaSearch, l.Gamma))
	case given && (l.Grid != nil || l.Metrics != nil):
		add("gamma", "is given, and grid or metrics, by which it would be chosen: remove one")
	}
	return problems
}

// Given is gamma where it is a number.
func (s *LinearSettings) Given() (gamma float64, given bool) {
	gamma, given = s.Gamma.(float64)
	return gamma, given
}
