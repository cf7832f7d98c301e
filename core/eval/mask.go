package eval

import (
	"slices"

	"cllm4rec/core/contract"
)

// queries asks for the rankings of users[lo:hi].
func (j *job) queries(lo, hi int) []contract.Query {
	queries := make([]contract.Query, hi-lo)
	for i, user := range j.users[lo:hi] {
		k := min(j.depth+len(j.masked(user)), j.relevant.Items)
		queries[i] = contract.Query{User: user, History: j.known(user, j.options.History), K: int32(k)}
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
	train := j.split.Training.Interactions.Row(int(user))
	if rule == RuleTrain {
		return train
	}
	known := slices.Clone(train)
	if j.split.Validation != nil {
		known = append(known, j.split.Validation.Row(int(user))...)
	}
	return known
}
