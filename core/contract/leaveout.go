package contract

import "context"

// LeavesOut is a Recommender with CapabilityLeaveOut: it knows, without training again,
// how it would rank had a user not been there. A model that is trained on top of another
// one's scores of training users needs this: scores that were fitted to the targets promise
// more than those of a test do.
type LeavesOut interface {
	Recommender
	// RankWithout answers as Rank would had the training interactions of each query's
	// user not been there; the history, any items, is what is ranked for. What the
	// parameters make of the data as a whole (weights of users, counts of items) stays as
	// it was. It works in the process that was fitted: ErrOrder before Fit and after
	// Load. ErrInvalid for NoUser and users out of range; ErrUnsupported names the
	// parameter under which there is no such answer.
	RankWithout(ctx context.Context, spec RankSpec, queries []Query) ([]Ranking, error)
}
