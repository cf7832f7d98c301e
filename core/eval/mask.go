package eval

import (
	"slices"

	"cllm4rec/core/contract"
)

// queries asks for the rankings of users[lo:hi]; those who are held out whole are
// asked for by their history alone.
func (j *job) queries(lo, hi int) []contract.Query {
	queries := make([]contract.Query, hi-lo)
	for i, user := range j.users[lo:hi] {
		k := min(j.depth+len(j.masked(user)), j.relevant.Items)
		queries[i] = contract.Query{User: user, History: j.known(user, j.options.History), K: int32(k)}
		if j.split.HeldOut(int(user)) {
			queries[i].User = contract.NoUser
		}
	}
	return queries
}

// masked lists, once each, the items that are dropped from a user's ranking.
func (j *job) masked(user int32) []int32 {
	known := j.known(user, j.options.Mask)
	if j.options.Mask == RuleTrain {
		return known // a pair occurs once in a part
	}
	slices.Sort(known)
	return slices.Compact(known)
}

// known lists the items of a user under a rule, in the order of the history.
// Only with RuleTrainValidation is the slice the caller's own.
func (j *job) known(user int32, rule Rule) []int32 {
	history := j.split.History(int(user))
	if rule == RuleTrain {
		return history
	}
	known := slices.Clone(history)
	if j.split.Validation != nil {
		known = append(known, j.split.Validation.Row(int(user))...)
	}
	return known
}
