package data

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// resolve fills in the defaults and reports every mistake.
func (s SplitSpec) resolve(p *problems) SplitSpec {
	if s.Seed == 0 {
		s.Seed = DefaultSplitSeed
	}
	p.oneOf("split.method", s.Method, Methods()...)
	if !slices.Contains(Methods(), s.Method) {
		return s
	}
	s.refuseUnread(p)
	switch s.Method {
	case MethodRatio:
		s = s.resolveRatio(p)
	case MethodKFold:
		s = s.resolveFolds(p)
	case MethodTemporal:
		s = s.resolveTemporal(p)
	case MethodRolling:
		s.checkWindows(p)
	case MethodStrong:
		s = s.resolveStrong(p)
	case MethodColdUsers, MethodColdItems:
		s = s.resolveBy(p, ByRandom, ByAge, ByCount)
		s.checkShares(p)
		p.from("split.fold_in_first", s.FoldInFirst, 0)
	case MethodSessions:
		if gap, err := time.ParseDuration(s.Gap); err != nil || gap < time.Second {
			p.add("split.gap: %q is no time from 1s, such as 30m or 24h", s.Gap)
		}
		s.checkShares(p)
	}
	return s
}

func (s SplitSpec) resolveBy(p *problems, known ...string) SplitSpec {
	s.By = cmp.Or(s.By, known[0])
	p.oneOf("split.by", s.By, known...)
	return s
}

func (s SplitSpec) resolveOrder(p *problems) SplitSpec {
	s.Order = cmp.Or(s.Order, OrderRandom)
	p.oneOf("split.order", s.Order, OrderRandom, OrderTime)
	return s
}

func (s SplitSpec) resolveRatio(p *problems) SplitSpec {
	s = s.resolveBy(p, ByUser, ByAll).resolveOrder(p)
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

func (s SplitSpec) resolveFolds(p *problems) SplitSpec {
	s = s.resolveBy(p, ByUser, ByAll)
	p.from("split.folds", s.Folds, 2)
	p.numberOf("split.fold", s.Fold, "split.folds", s.Folds)
	s.checkValidation(p)
	return s
}

func (s SplitSpec) checkWindows(p *problems) {
	p.from("split.windows", s.Windows, 1)
	p.numberOf("split.window", s.Window, "split.windows", s.Windows)
	s.checkValidation(p)
	if !(s.Test >= 0 && s.Test < 1) {
		p.add("split.test: %v is not a share from 0 to below 1", s.Test)
	}
}

// resolveTemporal wants a share or a time for each part, and the times in their order.
func (s SplitSpec) resolveTemporal(p *problems) SplitSpec {
	validation, hasValidation := p.moment("split.validation_from", &s.ValidationFrom)
	test, hasTest := p.moment("split.test_from", &s.TestFrom)
	until, hasUntil := p.moment("split.test_until", &s.TestUntil)
	switch {
	case s.TestFrom != "" && s.Test != 0:
		p.add("split.test_from: a share (test: %v) is given as well; remove one", s.Test)
	case s.TestFrom == "":
		s.checkShares(p)
	default:
		s.checkValidation(p)
	}
	if s.ValidationFrom != "" && s.Validation != 0 {
		p.add("split.validation_from: a share (validation: %v) is given as well; remove one", s.Validation)
	}
	if hasValidation && hasTest && validation >= test {
		p.add("split.validation_from: it is not before test_from")
	}
	if hasTest && hasUntil && test >= until {
		p.add("split.test_until: it is not after test_from")
	}
	if hasValidation && hasUntil && validation >= until {
		p.add("split.test_until: it is not after validation_from")
	}
	return s
}

func (s SplitSpec) checkShares(p *problems) {
	if !(s.Test > 0 && s.Test < 1) {
		p.add("split.test: %v is not a share between 0 and 1 (both excluded)", s.Test)
	}
	s.checkValidation(p)
	if s.Test+s.Validation >= 1 {
		p.add("split: validation %v and test %v leave nothing for training", s.Validation, s.Test)
	}
}

func (s SplitSpec) checkValidation(p *problems) {
	if !(s.Validation >= 0 && s.Validation < 1) {
		p.add("split.validation: %v is not a share from 0 (no validation part) to below 1", s.Validation)
	}
}

// refuseUnread reports the keys that the method does not read, instead of ignoring
// them.
func (s SplitSpec) refuseUnread(p *problems) {
	read := reads(s.Method)
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"by", s.By != ""}, {"order", s.Order != ""}, {"validation", s.Validation != 0}, {"test", s.Test != 0},
		{"fold_in", s.FoldIn != 0}, {"fold_in_first", s.FoldInFirst != 0}, {"folds", s.Folds != 0}, {"fold", s.Fold != 0},
		{"windows", s.Windows != 0}, {"window", s.Window != 0}, {"validation_from", s.ValidationFrom != ""},
		{"test_from", s.TestFrom != ""}, {"test_until", s.TestUntil != ""}, {"gap", s.Gap != ""},
	} {
		if key.set && !slices.Contains(read, key.name) {
			p.add("split.%s: has no meaning for method %s%s; remove it", key.name, s.Method, others(key.name))
		}
	}
}

// others says which methods read a key.
func others(key string) string {
	var methods []string
	for _, m := range Methods() {
		if slices.Contains(reads(m), key) {
			methods = append(methods, m)
		}
	}
	return fmt.Sprintf(" (it is for %s)", strings.Join(methods, ", "))
}
