// Package data holds interactions and texts the way the rest of the core
// uses them: indexed, filtered, split and audited. A dataset plugin gives raw
// rows; Load turns them into a Split, once.
package data

import "cllm4rec/core/contract"

// Interactions is a user-by-item matrix in compressed rows. A row holds the
// user's history: by time where the data have times (see SplitSpec for equal
// times), else in the order of the stream. A (user, item) pair occurs once.
type Interactions struct {
	Users, Items int
	Ptr          []int     // length Users+1
	Item         []int32   // length Ptr[Users]
	Value        []float32 // as Item, or nil
	Time         []int64   // Unix seconds, as Item, or nil
}

// Row is the history of user u; the caller must not change it.
func (x *Interactions) Row(u int) []int32 { return x.Item[x.Ptr[u]:x.Ptr[u+1]] }

// Len is the number of interactions.
func (x *Interactions) Len() int { return len(x.Item) }

// Text is a text with indices; User or Item is -1 where the kind has none.
type Text struct {
	Kind contract.TextKind
	User int32
	Item int32
	Text string
}

// Training is all that a method may see: no validation, no test, and no text
// that was written about a held-out interaction.
type Training struct {
	Interactions *Interactions
	Texts        []Text
	// Attributes of users and items: users' first, then by name, rows ascending.
	// They say nothing about single interactions.
	Attributes []contract.TrainAttributes
}

// Split is one data set, ready for experiments.
type Split struct {
	Name       string
	Users      *Vocabulary
	Items      *Vocabulary
	Training   Training
	Validation *Interactions // nil when the split has none
	Test       *Interactions
	// FoldIn holds the histories of users who are held out whole, by whom validation
	// and test ask; the rows of all others are empty. nil when nobody is held out
	// whole. No method trains on it.
	FoldIn *Interactions
	// Fingerprint is a sha256 over vocabularies, parts and texts.
	Fingerprint string
	Audit       Audit
}

// HeldOut reports whether user u was held out whole: no interaction of theirs is for
// training, so that a ranking comes from their row of FoldIn alone.
func (s *Split) HeldOut(u int) bool {
	return s.FoldIn != nil && len(s.Training.Interactions.Row(u)) == 0
}

// History is what is known of user u before validation: the training row, or of a user
// who is held out whole the row of FoldIn. The caller must not change it.
func (s *Split) History(u int) []int32 {
	if s.HeldOut(u) {
		return s.FoldIn.Row(u)
	}
	return s.Training.Interactions.Row(u)
}
