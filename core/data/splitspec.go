package data

import (
	"slices"
	"time"

	"cllm4rec/core/contract"
)

// The split methods.
const (
	MethodGiven       = "given"
	MethodRatio       = "ratio"
	MethodLeaveOneOut = "leave_one_out"
	MethodKFold       = "k_fold"
	MethodTemporal    = "temporal"
	MethodRolling     = "rolling"
	MethodStrong      = "strong_generalisation"
	MethodColdUsers   = "cold_users"
	MethodColdItems   = "cold_items"
	MethodSessions    = "sessions"
)

// Methods lists every split method.
func Methods() []string { return append([]string{MethodGiven}, OwnMethods()...) }

// OwnMethods lists the methods that need no split of the dataset's.
func OwnMethods() []string {
	return []string{
		MethodRatio, MethodLeaveOneOut, MethodKFold, MethodTemporal, MethodRolling, MethodStrong, MethodColdUsers, MethodColdItems, MethodSessions,
	}
}

// What a split is drawn from or by, and in which order.
const (
	ByUser      = "user"
	ByAll       = "all"
	ByRandom    = "random"
	ByAge       = "age"
	ByCount     = "count"
	OrderRandom = "random"
	OrderTime   = "time"
)

// DefaultSplitSeed seeds a split whose Seed is 0. It is the seed of the
// authors' preprocessing and independent of the seeds of the trials, so that
// all methods and all trials share one split.
const DefaultSplitSeed = 98765

// DefaultFoldIn is the share of a held-out user's interactions that is the history
// where SplitSpec.FoldIn is 0 (Liang et al. 2018).
const DefaultFoldIn = 0.8

// SplitSpec says which interactions are training, validation and test. Where
// data have times, a user's history is in the order of time, and interactions of
// the same time are in the order of a hash of Seed, user and item, so that
// neither the order of the lines nor that of the ids decides. Data without times
// keep the order of the stream. A share of n is max(1, int(share*n)).
// docs/splits.md says which question asks for which method, and what each leaks.
//
//   - given: the parts that the dataset has (CapabilityGivenSplit).
//   - ratio by user: from each user with n interactions the Test share of n goes
//     to test, as many by its own share to validation, always leaving at least
//     one for training (test is served before validation); order random draws
//     them by a shuffle seeded with Seed and the user's raw id, order time takes
//     them from the end of the history (validation before test).
//   - ratio by all: the same shares of a shuffle of all interactions.
//   - leave_one_out: a user's last interaction is test, the one before it
//     validation; users with fewer than 3 stay in training.
//   - k_fold: the interactions of each user (by user) or all of them (by all) are
//     shuffled and dealt to Folds folds in turn, so that each is test in exactly one
//     of Fold = 1..Folds; the Validation share is of the rest.
//   - temporal: the latest Test share of all interactions is test, the Validation
//     share before it validation; interactions of the same second stay together,
//     on the later side. TestFrom and ValidationFrom are the times themselves; what
//     is not earlier than TestUntil is dropped.
//   - rolling: all interactions in the order of time are cut into Windows windows of
//     n/(Windows+1) interactions, or of the Test share of n divided by Windows, behind
//     a first stretch (as scikit-learn's TimeSeriesSplit); window number Window, from
//     1, is test, everything before it training but for the Validation share of it
//     right before the window, and everything after it is dropped.
//   - strong_generalisation (Liang et al. 2018, "Variational Autoencoders for
//     Collaborative Filtering", arXiv 1802.05814, section 4.1): the Test share of
//     the users is held out whole for test and the Validation share for validation,
//     drawn by a hash of Seed and their raw id; the others are trained on
//     with all they have. Of a held-out user's n interactions int(FoldIn*n), at least
//     one and at most n-1, are the history (Split.FoldIn) and the rest is to be found;
//     order random draws them as ratio by user does, order time makes the last ones
//     those to be found. A user of one interaction has a history and nothing to find.
//   - cold_users: the shares of users by random (a hash as above), age (those of the
//     latest first interaction) or count (those of the fewest interactions); of each,
//     the first FoldInFirst interactions, leaving at least one to find, are the history.
//   - cold_items: the shares of items, chosen likewise; every interaction with such an
//     item is to be found.
//   - sessions: a user's interactions that lie more than Gap apart begin another
//     session, and each session is a user of its own (its id is the user's, #, and the
//     session's number from 1); the latest shares of the sessions, by the time of their
//     last interaction, are held out: of each the last item is to be found from those
//     before it. A session of one interaction has nothing to find.
//
// A Validation share of 0 means no validation part.
type SplitSpec struct {
	Method         string  `json:"method" jsonschema:"required,description=how the interactions are divided; docs/splits.md says what each method is for and what it leaks,enum=given,enum=ratio,enum=leave_one_out,enum=k_fold,enum=temporal,enum=rolling,enum=strong_generalisation,enum=cold_users,enum=cold_items,enum=sessions"`
	By             string  `json:"by,omitempty" jsonschema:"enum=user,enum=all,enum=random,enum=age,enum=count" jsonschema_description:"ratio, k_fold: of each user's interactions or of all (user, all; default user); cold_users, cold_items: at random, the newest or those with the fewest interactions (random, age, count; default random)"`
	Validation     float64 `json:"validation,omitempty" jsonschema:"minimum=0,exclusiveMaximum=1" jsonschema_description:"share for validation (0 = no validation part): of interactions; strong_generalisation, cold_users: of users; cold_items: of items; sessions: of sessions; k_fold, rolling: of what is not tested"`
	Test           float64 `json:"test,omitempty" jsonschema:"minimum=0,exclusiveMaximum=1" jsonschema_description:"share for test, of the same as validation; rolling: of all interactions for all windows together (default: every window as large as the stretch before the first)"`
	FoldIn         float64 `json:"fold_in,omitempty" jsonschema:"exclusiveMinimum=0,exclusiveMaximum=1" jsonschema_description:"strong_generalisation: share of a held-out user's interactions that is the history (default 0.8)"`
	FoldInFirst    int     `json:"fold_in_first,omitempty" jsonschema:"minimum=0,maximum=1000000000" jsonschema_description:"cold_users: how many of a held-out user's first interactions are the history (default 0)"`
	Order          string  `json:"order,omitempty" jsonschema:"enum=random,enum=time" jsonschema_description:"ratio, strong_generalisation: what is to be found is drawn at random or from the end of the history (default random)"`
	Folds          int     `json:"folds,omitempty" jsonschema:"minimum=2,maximum=1000000" jsonschema_description:"k_fold: how many"`
	Fold           int     `json:"fold,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"k_fold: the one that is tested, from 1"`
	Windows        int     `json:"windows,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"rolling: how many"`
	Window         int     `json:"window,omitempty" jsonschema:"minimum=1,maximum=1000000" jsonschema_description:"rolling: the one that is tested, from 1"`
	ValidationFrom Moment  `json:"validation_from,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"temporal: begin of validation in place of its share; a date such as 2014-07-01, a time or Unix seconds (UTC)"`
	TestFrom       Moment  `json:"test_from,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"temporal: begin of test in place of its share"`
	TestUntil      Moment  `json:"test_until,omitempty" jsonschema:"oneof_type=string;integer" jsonschema_description:"temporal: what is not earlier is dropped"`
	Gap            string  `json:"gap,omitempty" jsonschema_description:"sessions: a longer time between two interactions of a user begins another session; such as 30m or 24h"`
	Seed           uint64  `json:"seed,omitempty" jsonschema:"minimum=0,description=seed of a random split and of the order of equal times (0 = 98765); the seeds of the trials do not touch it"`
}

// reads are the keys that a method reads, beside method and seed.
func reads(method string) []string {
	switch method {
	case MethodRatio:
		return []string{"by", "validation", "test", "order"}
	case MethodKFold:
		return []string{"by", "folds", "fold", "validation"}
	case MethodTemporal:
		return []string{"validation", "test", "validation_from", "test_from", "test_until"}
	case MethodRolling:
		return []string{"windows", "window", "validation", "test"}
	case MethodStrong:
		return []string{"validation", "test", "fold_in", "order"}
	case MethodColdUsers:
		return []string{"by", "validation", "test", "fold_in_first"}
	case MethodColdItems:
		return []string{"by", "validation", "test"}
	case MethodSessions:
		return []string{"gap", "validation", "test"}
	default:
		return nil
	}
}

// HoldsOutUsers reports whether users (or sessions) are held out whole, so that a
// method must rank from a history alone (contract.CapabilityFoldIn).
func (s SplitSpec) HoldsOutUsers() bool {
	return slices.Contains([]string{MethodStrong, MethodColdUsers, MethodSessions}, s.Method)
}

// HoldsOutItems reports whether items are held out whole, so that a method must know
// them by something else than interactions.
func (s SplitSpec) HoldsOutItems() bool { return s.Method == MethodColdItems }

// HasValidation reports whether the method makes a validation part; a given split may.
func (s SplitSpec) HasValidation() bool {
	return !slices.Contains(reads(s.Method), "validation") || s.Validation > 0 || s.ValidationFrom != ""
}

// Repetition is split i, from 0, of those of which s is the first: k_fold and rolling go
// on to the next fold or window, the others draw with the next seeds.
func (s SplitSpec) Repetition(i int) SplitSpec {
	switch s.Method {
	case MethodKFold:
		s.Fold += i
	case MethodRolling:
		s.Window += i
	default:
		s.Seed += uint64(i)
	}
	return s
}

// CheckRepetitions refuses so many repetitions where they would all be the same, or are
// more than there are folds or windows: ErrInvalid.
func (s SplitSpec) CheckRepetitions(n int) error {
	switch {
	case s.Method == MethodKFold && s.Fold+n-1 > s.Folds:
		return contract.Errorf(contract.ErrInvalid, "%d splits from fold %d on are more than there are folds: %d", n, s.Fold, s.Folds)
	case s.Method == MethodRolling && s.Window+n-1 > s.Windows:
		return contract.Errorf(contract.ErrInvalid, "%d splits from window %d on are more than there are windows: %d", n, s.Window, s.Windows)
	case !s.drawsOrGoesOn():
		return contract.Errorf(contract.ErrInvalid, "%s draws nothing at random, so that every split would be the same; expected one that draws, such as method ratio with order random, or k_fold or rolling, or no repeat", describe(s))
	}
	return nil
}

// drawsOrGoesOn reports whether a repetition is another split.
func (s SplitSpec) drawsOrGoesOn() bool {
	switch s.Method {
	case MethodRatio:
		return s.Order != OrderTime
	case MethodColdUsers, MethodColdItems:
		return s.By == "" || s.By == ByRandom
	default:
		return slices.Contains([]string{MethodKFold, MethodRolling, MethodStrong}, s.Method)
	}
}

// needsTimes reports whether the parts follow from times.
func (s SplitSpec) needsTimes() bool { return s.needsClock() || s.Order == OrderTime }

// needsClock reports whether the parts follow from more than the order of a user's times.
func (s SplitSpec) needsClock() bool {
	return slices.Contains([]string{MethodTemporal, MethodRolling, MethodSessions}, s.Method) || s.By == ByAge
}

// ordered reports whether the order of a user's history decides the parts.
func (s SplitSpec) ordered() bool {
	return s.Method == MethodLeaveOneOut || s.Method == MethodSessions || s.Order == OrderTime || s.FoldInFirst > 0
}

// gap is the longest time within a session, in seconds.
func (s SplitSpec) gap() int64 {
	gap, _ := time.ParseDuration(s.Gap) // it was checked
	return int64(gap / time.Second)
}
