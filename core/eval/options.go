package eval

import (
	"runtime"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Rule names parts of a user's interactions that are known before the part
// being evaluated.
type Rule string

// The rules. At validation the rule is always RuleTrain.
const (
	RuleTrain           Rule = "train"
	RuleTrainValidation Rule = "train+validation"
)

// CandidatesAll ranks every item; there is no sampled evaluation.
const CandidatesAll = "all"

// DefaultBatch is the number of users per Rank call.
const DefaultBatch = 256

// Options say how to evaluate. Zero values are the defaults.
type Options struct {
	Metrics []Metric // at least one
	// Depth is how many items of each user's list the result keeps at least; the
	// deepest metric may ask for more.
	Depth int
	// Mask says which items are dropped from a ranking at test (default train).
	Mask Rule
	// History says which items a query carries at test (default train). With
	// train+validation the ranker sees validation items as input, never in Fit;
	// leave-one-out protocols (SASRec, S3-Rec) do so.
	History    Rule
	Candidates string // "all", the default
	Ties       contract.Ties
	Batch      int // users per Rank call, default DefaultBatch
	Threads    int // threads that compute metrics, default all
	OnProgress contract.OnProgress
}

// resolved checks the options and fills in the defaults.
func (o Options) resolved(part contract.Part) (Options, error) {
	if len(o.Metrics) == 0 {
		return o, contract.Errorf(contract.ErrInvalid, "there is no metric to evaluate")
	}
	for _, m := range o.Metrics {
		if m.family == nil {
			return o, contract.Errorf(contract.ErrInvalid, "a metric was not made by ParseMetric")
		}
	}
	if o.Batch < 0 || o.Threads < 0 || o.Depth < 0 {
		return o, contract.Errorf(contract.ErrInvalid, "batch %d, threads %d and depth %d must not be negative", o.Batch, o.Threads, o.Depth)
	}
	o.Batch = orDefault(o.Batch, DefaultBatch)
	o.Threads = orDefault(o.Threads, runtime.GOMAXPROCS(0))
	return o.resolvedRules(part)
}

func (o Options) resolvedRules(part contract.Part) (Options, error) {
	o.Mask = orDefault(o.Mask, RuleTrain)
	o.History = orDefault(o.History, RuleTrain)
	o.Candidates = orDefault(o.Candidates, CandidatesAll)
	o.Ties.Rule = orDefault(o.Ties.Rule, contract.TiesHashed)
	rules := []string{string(RuleTrain), string(RuleTrainValidation)}
	for _, c := range []struct {
		what, value string
		known       []string
	}{
		{"mask", string(o.Mask), rules},
		{"history", string(o.History), rules},
		{"candidates", o.Candidates, []string{CandidatesAll}},
		{"ties", string(o.Ties.Rule), []string{string(contract.TiesHashed), string(contract.TiesIndex)}},
		{"part", string(part), []string{string(contract.PartValidation), string(contract.PartTest)}},
	} {
		if err := oneOf(c.what, c.value, c.known); err != nil {
			return o, err
		}
	}
	if part == contract.PartValidation {
		o.Mask, o.History = RuleTrain, RuleTrain
	}
	return o, nil
}

func orDefault[T comparable](value, other T) T {
	var zero T
	if value == zero {
		return other
	}
	return value
}

// oneOf reports a value that is not known, with the nearest that is.
func oneOf(what, value string, known []string) error {
	for _, k := range known {
		if k == value {
			return nil
		}
	}
	hint := ""
	if near := schema.Nearest(value, known); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return contract.Errorf(contract.ErrInvalid, "unknown %s %q: expected one of %q%s", what, value, known, hint)
}
