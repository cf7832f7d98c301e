package contract

import (
	"context"
	"iter"
)

// FitSpec is what stays the same during one Fit.
type FitSpec struct {
	Users, Items int    // sizes of the vocabularies; indices are below them
	Seed         uint64 // of everything random in the model
	Threads      int    // at most this many threads; 0 = the plugin's own choice
}

// TrainChunk holds training interactions in columns of equal length, sorted by
// user and then by position in the user's history. Values and Times are nil
// when the data have none. A (user, item) pair occurs once.
type TrainChunk struct {
	Users  []int32
	Items  []int32
	Values []float32
	Times  []int64
	// Documents is filled in its own chunks, after all interactions, and only
	// for a plugin with CapabilityTexts.
	Texts []TrainText
}

// TrainDocument is a text about training data only; User or Item is -1 where
// the kind has none.
type TrainText struct {
	Kind TextKind
	User int32
	Item int32
	Text string
}

// Train is the stream of training data: interactions, then documents.
type Train = iter.Seq2[*TrainChunk, error]

// Query asks for one user's ranking. K already contains the number of items
// that the host will mask: the plugin ranks all items.
type Query struct {
	User    int32
	History []int32 // the user's training items, in training order
	K       int32   // how many items to return, 1..number of items
}

// RankSpec is what stays the same during one evaluation.
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
	// Fit trains from scratch; a second Fit forgets the first.
	Fit(ctx context.Context, spec FitSpec, train Train, progress OnProgress) error
	// Rank answers queries in their order. The answer to a query does not
	// depend on the queries beside it.
	Rank(ctx context.Context, spec RankSpec, queries []Query) ([]Ranking, error)
}
