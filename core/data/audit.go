package data

import (
	"slices"

	"cllm4rec/core/contract"
)

// Audit says what a split is made of and where it is weak. Shares are in 0..1.
type Audit struct {
	Users        int        `json:"users"`
	Items        int        `json:"items"`
	Interactions int        `json:"interactions"` // after the filters
	Train        PartCounts `json:"train"`
	Validation   PartCounts `json:"validation"`
	Test         PartCounts `json:"test"`
	// FoldIn counts the histories of the users who are held out whole; nil when nobody
	// is. Validation.Users and Test.Users are then those users, but for the short ones.
	FoldIn *PartCounts `json:"fold_in,omitempty"`
	// Density is Interactions / (Users * Items).
	Density float64 `json:"density"`
	// Gini is the Gini coefficient of the items' training counts: 0 when all
	// are equally popular, near 1 when few items have everything.
	Gini float64 `json:"gini"`
	// PopularityTau is Kendall's tau-b between the items' training counts and their
	// counts in the whole data: 1 where training has the popular items of all, lower where
	// popularity drifts or the draw distorts it. nil where all counts are the same.
	PopularityTau *float64 `json:"popularity_tau,omitempty"`
	// ColdTestUsers and ColdTestItems occur in test without a training
	// interaction (and, of users, without a history to fold in); ColdTest counts the
	// test interactions with either.
	ColdTestUsers int `json:"cold_test_users"`
	ColdTestItems int `json:"cold_test_items"`
	ColdTest      int `json:"cold_test"`
	// TextOnlyTestItems are the cold test items that have a text in training.
	TextOnlyTestItems int `json:"text_only_test_items,omitempty"`
	// UsersWithoutTest have no test interaction and are not evaluated.
	UsersWithoutTest int `json:"users_without_test"`
	// ShortUsers had too few interactions to give validation and test what the
	// split method asks of them.
	ShortUsers int `json:"short_users"`
	// TiedUsers have interactions of the same time in different parts: a hash of
	// user and item has decided which of them is held out.
	TiedUsers int `json:"tied_users"`
	// EqualTimes counts the interactions of the same user and time as another one.
	EqualTimes int `json:"equal_times,omitempty"`
	// Similar are ids that are perhaps the same.
	Similar []SimilarIDs `json:"similar_ids,omitempty"`
	// Leak measures knowledge of the future; nil without times.
	Leak    *Leak   `json:"leak"`
	Dropped Dropped `json:"dropped"`
	// Lists are the files of ids that the filters read.
	Lists []ListCount `json:"lists,omitempty"`
	Texts *TextCounts `json:"documents"` // nil when the texts were not read
	// Attributes are what is known of users and items; nil when it was not read.
	Attributes []AttributeCount `json:"attributes,omitempty"`
	// Order is what orders a user's history: "time" or "stream".
	Order string `json:"order"`
}

// PartCounts counts one part.
type PartCounts struct {
	Interactions int `json:"interactions"`
	Users        int `json:"users"` // with at least one interaction in the part
	Items        int `json:"items"`
}

// Leak says how much of training lies after what is to be predicted.
type Leak struct {
	// OwnFuture is the share of the training interactions of tested users (of those
	// held out whole: of their histories) that are later than the same user's earliest
	// test interaction.
	OwnFuture float64 `json:"own_future"`
	// AnyFuture is the mean over test interactions of the share of all training
	// interactions that are later. Only a temporal split makes it 0.
	AnyFuture float64 `json:"any_future"`
}

// audit measures a finished split.
func (s *Split) audit(dropped Dropped, short int, texts *TextCounts) Audit {
	train := s.Training.Interactions
	trained := itemCounts(train)
	a := Audit{
		Users: train.Users, Items: train.Items,
		Train: count(train), Validation: count(s.Validation), Test: count(s.Test),
		Gini: Gini(slices.Clone(trained)), ShortUsers: short, Dropped: dropped, Texts: texts,
		Leak: s.leak(), Order: OrderTime,
	}
	if train.Time == nil {
		a.Order = "stream"
	}
	a.Interactions = a.Train.Interactions + a.Validation.Interactions + a.Test.Interactions
	if s.FoldIn != nil {
		known := count(s.FoldIn)
		a.FoldIn, a.Interactions = &known, a.Interactions+known.Interactions
	}
	a.Density = float64(a.Interactions) / (float64(a.Users) * float64(a.Items))
	a.UsersWithoutTest = a.Users - a.Test.Users
	a.countCold(s, trained)
	a.PopularityTau = s.popularityTau(trained)
	a.Similar = append(similarIDs(contract.EntityUser, s.Users), similarIDs(contract.EntityItem, s.Items)...)
	return a
}

func count(x *Interactions) PartCounts {
	if x == nil {
		return PartCounts{}
	}
	c := PartCounts{Interactions: x.Len()}
	for u := range x.Users {
		if len(x.Row(u)) > 0 {
			c.Users++
		}
	}
	for _, n := range itemCounts(x) {
		if n > 0 {
			c.Items++
		}
	}
	return c
}

func itemCounts(x *Interactions) []int {
	counts := make([]int, x.Items)
	for _, item := range x.Item {
		counts[item]++
	}
	return counts
}

// Gini is the Gini coefficient of non-negative counts, by the formula over the sorted values
// 2*sum(i*x_i)/(n*sum(x)) - (n+1)/n with i from 1; it sorts its argument.
func Gini(counts []int) float64 {
	slices.Sort(counts)
	var sum, weighted float64
	for i, x := range counts {
		sum += float64(x)
		weighted += float64(i+1) * float64(x)
	}
	if sum == 0 {
		return 0
	}
	n := float64(len(counts))
	return 2*weighted/(n*sum) - (n+1)/n
}

// countCold is given how often training has each item.
func (a *Audit) countCold(s *Split, trained []int) {
	test, coldItems := s.Test, map[int32]struct{}{}
	for u := range test.Users {
		coldUser := len(s.History(u)) == 0
		if coldUser && len(test.Row(u)) > 0 {
			a.ColdTestUsers++
		}
		for _, item := range test.Row(u) {
			if trained[item] == 0 {
				coldItems[item] = struct{}{}
			}
			if coldUser || trained[item] == 0 {
				a.ColdTest++
			}
		}
	}
	a.ColdTestItems = len(coldItems)
	for _, text := range s.Training.Texts {
		if _, cold := coldItems[text.Item]; cold {
			a.TextOnlyTestItems++
			delete(coldItems, text.Item)
		}
	}
}

// parts are all parts of a split; those that it lacks are nil.
func (s *Split) parts() []*Interactions {
	return []*Interactions{s.Training.Interactions, s.FoldIn, s.Validation, s.Test}
}

// popularityTau compares the items' counts in training with those in all parts.
func (s *Split) popularityTau(trained []int) *float64 {
	all := make([]int, s.Items.Len())
	for _, part := range s.parts() {
		if part != nil {
			for _, item := range part.Item {
				all[item]++
			}
		}
	}
	tau, ok := KendallTau(trained, all)
	if !ok {
		return nil
	}
	return &tau
}

// equalTimes counts the interactions of a history that have the time of another one.
func (h *history) equalTimes() int {
	if h.Time == nil {
		return 0
	}
	n := 0
	for u := range h.Users {
		times := h.times(u)
		for i, t := range times {
			if i > 0 && times[i-1] == t || i+1 < len(times) && times[i+1] == t {
				n++
			}
		}
	}
	return n
}

// leak compares the times of training and test.
func (s *Split) leak() *Leak {
	train, test := s.Training.Interactions, s.Test
	if train.Time == nil {
		return nil
	}
	all := slices.Sorted(slices.Values(train.Time))
	var l Leak
	own, later := 0, 0
	for u := range test.Users {
		tested, trained := test.times(u), train.times(u)
		if len(tested) == 0 {
			continue
		}
		if s.HeldOut(u) {
			trained = s.FoldIn.times(u)
		}
		first := slices.Min(tested)
		for _, t := range trained {
			own++
			if t > first {
				later++
			}
		}
		for _, t := range tested {
			l.AnyFuture += shareAfter(all, t) / float64(test.Len())
		}
	}
	if own > 0 {
		l.OwnFuture = float64(later) / float64(own)
	}
	return &l
}

func (x *Interactions) times(u int) []int64 { return x.Time[x.Ptr[u]:x.Ptr[u+1]] }

// shareAfter is the share of the sorted times that lie after t.
func shareAfter(sorted []int64, t int64) float64 {
	after, _ := slices.BinarySearchFunc(sorted, t, func(other, t int64) int {
		if other > t {
			return 1
		}
		return -1
	})
	return float64(len(sorted)-after) / float64(len(sorted))
}
