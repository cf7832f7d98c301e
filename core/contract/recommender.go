package contract

import (
	"context"
	"iter"
)

// FitSpec is what stays the same during one Fit.
type FitSpec struct {
	Users, Items int    // sizes of the vocabularies; indices are below them
	Seed         uint64 // of everything random in the model
	Resources    Resources
}

// TrainChunk holds training interactions in columns of equal length, sorted by
// user and then by position in the user's history. Values and Times are nil
// when the data have none. A (user, item) pair occurs once.
type TrainChunk struct {
	Users  []int32
	Items  []int32
	Values []float32
	Times  []int64
	// What follows is filled in chunks of its own, after all interactions and in
	// this order, and only for a plugin with the capability: CapabilityTexts,
	// CapabilityAttributes, CapabilityFeatures, CapabilitySide.
	Texts      []TrainText
	Attributes *TrainAttributes
	Features   *FeatureChunk
	Side       *SideChunk
}

// TrainText is a text about training data only; User or Item is -1 where
// the kind has none.
type TrainText struct {
	Kind TextKind
	User int32
	Item int32
	Text string
}

// Train is the stream of training data: interactions, then texts, attributes,
// features and side interactions. It can be read once.
type Train = iter.Seq2[*TrainChunk, error]

// NoUser is the index of nobody: of a query that has a history alone.
const NoUser int32 = -1

// Query asks for one user's ranking. K already contains the number of items
// that the host will mask: the plugin ranks all items.
type Query struct {
	// User is an index, or NoUser (only with CapabilityFoldIn): the ranking then
	// comes from the history alone.
	User int32
	// History is the user's items in training order: those of the training part,
	// and at test those of the validation part behind them only where the plan says
	// `history: train+validation`. Of a user who was held out whole, whom User does not
	// name, it is what the split gives as the history; it may be empty.
	History []int32
	K       int32 // how many items to return, 1..number of items
}

// Check finds what is wrong with a query over so many items: ErrInvalid.
func (q Query) Check(items int) error {
	if q.K < 1 {
		return Errorf(ErrInvalid, "the query of user %d asks for %d items", q.User, q.K)
	}
	for _, item := range q.History {
		if item < 0 || int(item) >= items {
			return Errorf(ErrInvalid, "the history of user %d has item %d, outside 0..%d", q.User, item, items-1)
		}
	}
	return nil
}

// RankSpec is what stays the same during one evaluation. Ties are broken in the
// plugin, between scores that are equal in the precision in which it scores, by
// keys that are exact to the bit in every language (Ties.Key; test vectors lie
// beside the protos).
type RankSpec struct {
	Ties Ties
}

// Ranking is the answer to one query: K items, best first under RankSpec.Ties,
// with scores that never rise. Scores are finite.
type Ranking struct {
	Items  []int32
	Scores []float32
}

// Recommender ranks items from interactions alone (the ID-based baselines). It
// sees training data and nothing else.
type Recommender interface {
	Plugin
	// Fit trains from scratch; a second Fit forgets the first. An EpochTrainer
	// returns ErrUnsupported.
	Fit(ctx context.Context, spec FitSpec, train Train, progress OnProgress) error
	// Rank answers queries in their order. The answer to a query does not
	// depend on the queries beside it.
	Rank(ctx context.Context, spec RankSpec, queries []Query) ([]Ranking, error)
}
