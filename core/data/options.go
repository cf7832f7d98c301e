package data

import (
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Options says how Load turns a dataset's rows into a Split.
type Options struct {
	Name   string // for messages and Split.Name
	Filter Filter
	Split  SplitSpec
	Texts  bool // read the texts too; the dataset must have CapabilityTexts
	// Attributes reads the attributes too, of a dataset that has CapabilityAttributes.
	Attributes bool
	// OnProgress is told how many interactions, and then texts, have been read.
	OnProgress contract.OnProgress
}

// Resolve fills in the defaults and returns what Load will do. All mistakes are
// reported together in one ErrInvalid.
func (o Options) Resolve() (Options, error) {
	var problems problems
	o.Filter = o.Filter.resolve(&problems)
	o.Split = o.Split.resolve(&problems)
	return o, problems.err(o.Name)
}

// problems gathers everything that is wrong, so that one run tells it all.
type problems []string

func (p *problems) add(format string, args ...any) {
	*p = append(*p, fmt.Sprintf(format, args...))
}

func (p *problems) oneOf(key, value string, known ...string) {
	if slices.Contains(known, value) {
		return
	}
	hint := ""
	if near := schema.Nearest(value, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	p.add("%s: unknown value %q, expected one of %s%s", key, value, strings.Join(known, ", "), hint)
}

// from reports a number below the least.
func (p *problems) from(key string, n, least int) {
	if n < least {
		p.add("%s: expected a number from %d, got %d", key, least, n)
	}
}

// numberOf reports a number that is not one of 1..n, as many as another key says.
func (p *problems) numberOf(key string, i int, of string, n int) {
	if i < 1 || i > n {
		p.add("%s: expected one of 1..%d (%s), got %d", key, n, of, i)
	}
}

func (p problems) err(name string) error {
	if len(p) == 0 {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "dataset %q: %s", name, strings.Join(p, "\n  "))
}
