package data

import (
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// The split methods.
const (
	MethodGiven       = "given"
	MethodRatio       = "ratio"
	MethodLeaveOneOut = "leave_one_out"
	MethodTemporal    = "temporal"
)

// What a ratio split draws from, and in which order.
const (
	ByUser      = "user"
	ByAll       = "all"
	OrderRandom = "random"
	OrderTime   = "time"
)

// DefaultSplitSeed seeds a split whose Seed is 0. It is the seed of the
// authors' preprocessing and independent of the seeds of the trials, so that
// all methods and all trials share one split.
const DefaultSplitSeed = 98765

// Options says how Load turns a dataset's rows into a Split.
type Options struct {
	Name   string // for messages and Split.Name
	Filter Filter
	Split  SplitSpec
	Texts  bool // read the texts too; the dataset must have CapabilityTexts
	// Attributes reads the attributes too, of a dataset that has CapabilityAttributes.
	Attributes bool
}

// Filter says which interactions stay. The order is fixed: repeated (user, item)
// pairs first (the latest by time stays, of several at that time the one of the
// largest value; without times the first of the stream), then values, then the
// k-core.
type Filter struct {
	// MinValue drops interactions with a smaller value.
	MinValue *float64 `json:"min_value,omitempty" jsonschema:"description=drop interactions whose value is smaller"`
	// MaxValue drops interactions with a larger value.
	MaxValue *float64 `json:"max_value,omitempty" jsonschema:"description=drop interactions whose value is larger"`
	// KCore keeps the largest set of interactions in which every user and every
	// item has at least KCore of them; 0 and 1 keep everything.
	KCore int `json:"k_core,omitempty" jsonschema:"description=keep users and items with at least this many interactions (repeated until stable),minimum=0,maximum=1000000000"`
}

// SplitSpec says which interactions are training, validation and test. Where
// data have times, a user's history is in the order of time, and interactions of
// the same time are in the order of a hash of Seed, user and item, so that
// neither the order of the lines nor that of the ids decides. Data without times
// keep the order of the stream.
//
//   - given: the parts that the dataset has (CapabilityGivenSplit).
//   - ratio by user: from each user with n interactions max(1, int(share*n)) go
//     to test, as many by its own share to validation, always leaving at least
//     one for training (test is served before validation); order random draws
//     them by a shuffle seeded with Seed and the user's raw id, order time takes
//     them from the end of the history (validation before test).
//   - ratio by all: the same shares of a shuffle of all interactions.
//   - leave_one_out: a user's last interaction is test, the one before it
//     validation; users with fewer than 3 stay in training.
//   - temporal: the latest Test share of all interactions is test, the Validation
//     share before it validation; interactions of the same second stay together,
//     on the later side.
//
// A Validation share of 0 means no validation part.
type SplitSpec struct {
	Method     string  `json:"method" jsonschema:"required,description=how the interactions are divided,enum=given,enum=ratio,enum=leave_one_out,enum=temporal"`
	By         string  `json:"by,omitempty" jsonschema:"description=ratio: shares of each user's interactions or of all (default user),enum=user,enum=all"`
	Validation float64 `json:"validation,omitempty" jsonschema:"description=ratio and temporal: share for validation (0 = no validation part),minimum=0,exclusiveMaximum=1"`
	Test       float64 `json:"test,omitempty" jsonschema:"description=ratio and temporal: share for test,minimum=0,exclusiveMaximum=1"`
	Order      string  `json:"order,omitempty" jsonschema:"description=ratio: at random or from the end of the history (default random),enum=random,enum=time"`
	Seed       uint64  `json:"seed,omitempty" jsonschema:"description=seed of a random split and of the order of equal times (0 = 98765); the seeds of the trials do not touch it"`
}

// Resolve fills in the defaults and returns what Load will do. All mistakes are
// reported together in one ErrInvalid.
func (o Options) Resolve() (Options, error) {
	var problems problems
	o.Filter.check(&problems)
	o.Split = o.Split.resolve(&problems)
	return o, problems.err(o.Name)
}

func (f Filter) check(p *problems) {
	if f.KCore < 0 {
		p.add("filter.k_core: %d is negative", f.KCore)
	}
	if f.MinValue != nil && f.MaxValue != nil && *f.MinValue > *f.MaxValue {
		p.add("filter: min_value %v is above max_value %v", *f.MinValue, *f.MaxValue)
	}
}

func (s SplitSpec) resolve(p *problems) SplitSpec {
	if s.Seed == 0 {
		s.Seed = DefaultSplitSeed
	}
	p.oneOf("split.method", s.Method, MethodGiven, MethodRatio, MethodLeaveOneOut, MethodTemporal)
	if s.Method == MethodRatio {
		s = s.resolveRatio(p)
	} else {
		s.refuse(p, "by", s.By != "")
		s.refuse(p, "order", s.Order != "")
	}
	switch s.Method {
	case MethodRatio, MethodTemporal:
		s.checkShares(p)
	case MethodGiven, MethodLeaveOneOut:
		s.refuse(p, "validation", s.Validation != 0)
		s.refuse(p, "test", s.Test != 0)
	}
	return s
}

func (s SplitSpec) resolveRatio(p *problems) SplitSpec {
	if s.By == "" {
		s.By = ByUser
	}
	if s.Order == "" {
		s.Order = OrderRandom
	}
	p.oneOf("split.by", s.By, ByUser, ByAll)
	p.oneOf("split.order", s.Order, OrderRandom, OrderTime)
	if s.By == ByAll && s.Order == OrderTime {
		p.add("split: by all in the order of time is the method temporal; use method: temporal")
	}
	return s
}

func (s SplitSpec) checkShares(p *problems) {
	if !(s.Test > 0 && s.Test < 1) {
		p.add("split.test: %v is not a share between 0 and 1 (both excluded)", s.Test)
	}
	if !(s.Validation >= 0 && s.Validation < 1) {
		p.add("split.validation: %v is not a share from 0 (no validation part) to below 1", s.Validation)
	}
	if s.Test+s.Validation >= 1 {
		p.add("split: validation %v and test %v leave nothing for training", s.Validation, s.Test)
	}
}

// refuse reports a key that the method does not read, instead of ignoring it.
func (s SplitSpec) refuse(p *problems, key string, set bool) {
	if set {
		p.add("split.%s: has no meaning for method %s; remove it", key, s.Method)
	}
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

func (p problems) err(name string) error {
	if len(p) == 0 {
		return nil
	}
	return contract.Errorf(contract.ErrInvalid, "dataset %q: %s", name, strings.Join(p, "\n  "))
}
