package data

import (
	"cmp"
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
	MethodStrong      = "strong_generalisation"
)

// Methods lists every split method.
func Methods() []string { return append([]string{MethodGiven}, OwnMethods()...) }

// OwnMethods lists the methods that need no split of the dataset's.
func OwnMethods() []string {
	return []string{MethodRatio, MethodLeaveOneOut, MethodTemporal, MethodStrong}
}

// DefaultFoldIn is the share of a held-out user's interactions that is the history
// where SplitSpec.FoldIn is 0 (Liang et al. 2018).
const DefaultFoldIn = 0.8

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
//   - strong_generalisation (Liang et al. 2018, "Variational Autoencoders for
//     Collaborative Filtering", arXiv 1802.05814, section 4.1): max(1, int(share*n)) of
//     the n users are held out whole for test and as many by its own share for
//     validation, drawn by a hash of Seed and their raw id; the others are trained on
//     with all they have. Of a held-out user's n interactions int(FoldIn*n), at least
//     one and at most n-1, are the history (Split.FoldIn) and the rest is to be found;
//     order random draws them as ratio by user does, order time makes the last ones
//     those to be found. A user of one interaction has a history and nothing to find.
//
// A Validation share of 0 means no validation part.
type SplitSpec struct {
	Method     string  `json:"method" jsonschema:"required,description=how the interactions are divided,enum=given,enum=ratio,enum=leave_one_out,enum=temporal,enum=strong_generalisation"`
	By         string  `json:"by,omitempty" jsonschema:"description=ratio: shares of each user's interactions or of all (default user),enum=user,enum=all"`
	Validation float64 `json:"validation,omitempty" jsonschema:"description=ratio and temporal: share of interactions for validation; strong_generalisation: share of users (0 = no validation part),minimum=0,exclusiveMaximum=1"`
	Test       float64 `json:"test,omitempty" jsonschema:"description=ratio and temporal: share of interactions for test; strong_generalisation: share of users,minimum=0,exclusiveMaximum=1"`
	FoldIn     float64 `json:"fold_in,omitempty" jsonschema:"description=strong_generalisation: share of a held-out user's interactions that is the history (default 0.8),exclusiveMinimum=0,exclusiveMaximum=1"`
	Order      string  `json:"order,omitempty" jsonschema:"description=ratio and strong_generalisation: at random or from the end of the history (default random),enum=random,enum=time"`
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
	p.oneOf("split.method", s.Method, Methods()...)
	switch s.Method {
	case MethodRatio:
		s = s.resolveRatio(p)
	case MethodStrong:
		s = s.resolveStrong(p)
	case MethodTemporal:
		s.checkShares(p)
	}
	if slices.Contains(Methods(), s.Method) {
		s.refuseUnread(p)
	}
	return s
}

// reads are the keys that a method reads, beside method and seed.
func reads(method string) []string {
	switch method {
	case MethodRatio:
		return []string{"by", "validation", "test", "order"}
	case MethodTemporal:
		return []string{"validation", "test"}
	case MethodStrong:
		return []string{"validation", "test", "fold_in", "order"}
	default:
		return nil
	}
}

// HasValidation reports whether the method makes a validation part; a given split may.
func (s SplitSpec) HasValidation() bool {
	return !slices.Contains(reads(s.Method), "validation") || s.Validation > 0
}

// refuseUnread reports the keys that the method does not read, instead of ignoring
// them.
func (s SplitSpec) refuseUnread(p *problems) {
	read := reads(s.Method)
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"by", s.By != ""}, {"order", s.Order != ""}, {"validation", s.Validation != 0}, {"test", s.Test != 0}, {"fold_in", s.FoldIn != 0},
	} {
		if key.set && !slices.Contains(read, key.name) {
			p.add("split.%s: has no meaning for method %s; remove it", key.name, s.Method)
		}
	}
}

// HoldsOutUsers reports whether users are held out whole, so that a method must rank
// from a history alone (contract.CapabilityFoldIn).
func (s SplitSpec) HoldsOutUsers() bool { return s.Method == MethodStrong }

func (s SplitSpec) resolveRatio(p *problems) SplitSpec {
	s.By = cmp.Or(s.By, ByUser)
	s = s.resolveOrder(p)
	p.oneOf("split.by", s.By, ByUser, ByAll)
	if s.By == ByAll && s.Order == OrderTime {
		p.add("split: by all in the order of time is the method temporal; use method: temporal")
	}
	s.checkShares(p)
	return s
}

func (s SplitSpec) resolveStrong(p *problems) SplitSpec {
	s.FoldIn = cmp.Or(s.FoldIn, DefaultFoldIn)
	s = s.resolveOrder(p)
	if !(s.FoldIn > 0 && s.FoldIn < 1) {
		p.add("split.fold_in: %v is not a share between 0 and 1 (both excluded)", s.FoldIn)
	}
	s.checkShares(p)
	return s
}

func (s SplitSpec) resolveOrder(p *problems) SplitSpec {
	s.Order = cmp.Or(s.Order, OrderRandom)
	p.oneOf("split.order", s.Order, OrderRandom, OrderTime)
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
