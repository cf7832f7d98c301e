package sdk

import "cllm4rec/core/contract"

// ErrEpochs is what Fit of a contract.EpochTrainer returns.
func ErrEpochs(plugin string) error {
	return contract.Errorf(contract.ErrUnsupported, "%s learns in epochs: call Begin and Epoch in place of Fit", plugin)
}

// CheckUsers refuses, as an ErrInvalid, queries without a user. Rank of a plugin
// without contract.CapabilityFoldIn calls it.
func CheckUsers(plugin string, queries []contract.Query) error {
	for i, q := range queries {
		if q.User == contract.NoUser {
			return contract.Errorf(contract.ErrInvalid, "query %d has no user, which %s cannot rank for: it lacks the capability %q", i, plugin, contract.CapabilityFoldIn)
		}
	}
	return nil
}
