package contract

import "context"

// ItemStart says what the token of an item is under which a tower was not trained: in no
// prompt, main text or target. (As one of the many items that were not the target it was
// trained all the same: each softmax over items pushed it away.)
type ItemStart string

// The starts.
const (
	// ItemsAsTheyAre leaves the tokens as they are.
	ItemsAsTheyAre ItemStart = ""
	// ItemsOfMap takes W g_j, without a residual, where items are a map of features.
	ItemsOfMap ItemStart = "map"
	// ItemsOfTower takes an item's token of another tower that was trained on it.
	ItemsOfTower ItemStart = "tower"
)

// NewcomerSpec opens a tower that ranks as another one does, also for users and items that
// the other one was not trained on.
type NewcomerSpec struct {
	Name string // not that of a tower that it is made of; it replaces any other one
	Of   string // the trained tower
	// Users is how many further users there are, >= 0, behind those of Of. Each has the mean
	// of the tokens of the users that a training step of Of mentioned; zero where there are none.
	Users int
	// Items is what becomes of the items that no training step of Of mentioned. With
	// another start than ItemsAsTheyAre they have the bias 0.
	Items ItemStart
	From  string // with ItemsOfTower: the other tower
}

// Check finds what is wrong with the spec but for its towers, which only the backbone
// knows: ErrInvalid.
func (s NewcomerSpec) Check() error {
	switch {
	case s.Name == "" || s.Name == s.Of || s.Name == s.From:
		return Errorf(ErrInvalid, "a tower for newcomers to %q has the name %q: it needs one of its own", s.Of, s.Name)
	case s.Users < 0:
		return Errorf(ErrInvalid, "tower %q has %d further users, expected >= 0", s.Name, s.Users)
	case s.Items != ItemsAsTheyAre && s.Items != ItemsOfMap && s.Items != ItemsOfTower:
		return Errorf(ErrInvalid, "tower %q: the start of items is %q, expected %q, %q or none", s.Name, s.Items, ItemsOfMap, ItemsOfTower)
	case (s.Items == ItemsOfTower) != (s.From != ""):
		return Errorf(ErrInvalid, "tower %q: the start of items is %q, and the other tower %q: they go together", s.Name, s.Items, s.From)
	}
	return nil
}

// Newcomers is a Backbone with CapabilityNewcomers.
type Newcomers interface {
	Backbone
	// OpenNewcomers makes a tower of what another one is now. It is good until that one
	// trains on, is replaced or closed. Of the new tower TrainTower trains the tokens of users
	// alone: items, biases and language model are fixed (folding in: Sarwar et al. 2002). It
	// cannot be saved (ErrUnsupported). ErrNotFound names an unknown tower; ErrInvalid one that is
	// itself for newcomers, has no map where one is asked for, or has other users and items.
	OpenNewcomers(ctx context.Context, spec NewcomerSpec) error
}
