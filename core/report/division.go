package report

import (
	"fmt"
	"maps"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
	"cllm4rec/core/schema"
)

// division says which users, or which relevant items, are in which bucket.
type division struct {
	names  []string
	items  bool                            // it divides relevant items and not users
	groups bool                            // its buckets are groups of users
	in     func(bucket int, id int32) bool // id is an item's or a user's
	note   string
	// borders are those of counts; nil of groups.
	borders eval.Buckets
	how     string // where the borders come from
}

// pick takes of rankings and relevant items what is in a bucket.
func (d *division) pick(bucket int, lists *eval.Rankings, relevant *data.Interactions) (eval.Rankings, *data.Interactions) {
	in := func(id int32) bool { return d.in(bucket, id) }
	if d.items {
		return lists.OfItems(relevant, in)
	}
	return lists.OfUsers(in), relevant
}

// divider divides the data of a table: each split by its own training part, all of them
// by the borders and groups of the first.
type divider struct {
	*builder
	by by
	// cells are the places of the metrics that are shown, among the builder's.
	cells   []int
	metrics []eval.Metric
	first   *division
	made    map[string]*division // by fingerprint of the data
	// membership is by fingerprint of the data, of the users that were measured last.
	membership map[string]*membership
}

// of is the division of the data of a record.
func (d *divider) of(rec *record.Record) (*division, error) {
	if made := d.made[rec.Data.Fingerprint]; made != nil {
		return made, nil
	}
	data, err := d.data(rec)
	if err != nil {
		return nil, err
	}
	by := d.by
	if d.first != nil && !d.first.groups {
		by.borders = append(eval.Buckets{}, d.first.borders...)
	}
	made, err := d.division(by, rec, data)
	if err != nil {
		return nil, err
	}
	if d.first == nil {
		d.first = made
	}
	made.names = d.first.names
	d.made[rec.Data.Fingerprint] = made
	return made, nil
}

// member is a measured user of a bucket: the place among the measured ones, and the index in
// the data.
type member struct{ place, user int32 }

// members are the measured users in each bucket.
func (d *divider) members(rec *record.Record, measured []int32) ([][]member, error) {
	known := d.membership[rec.Data.Fingerprint]
	if known != nil && slices.Equal(known.measured, measured) {
		return known.groups, nil
	}
	div, err := d.of(rec)
	if err != nil {
		return nil, err
	}
	data, err := d.data(rec)
	if err != nil {
		return nil, err
	}
	userOf := make(map[int32]int32, len(data.Users))
	for u, id := range data.Users {
		userOf[d.number(id)] = int32(u)
	}
	m := &membership{measured: measured, groups: make([][]member, len(div.names))}
	for bucket := range m.groups {
		for place, number := range measured {
			if user := userOf[number]; div.in(bucket, user) {
				m.groups[bucket] = append(m.groups[bucket], member{int32(place), user})
			}
		}
	}
	if d.membership == nil {
		d.membership = map[string]*membership{}
	}
	d.membership[rec.Data.Fingerprint] = m
	return m.groups, nil
}

// membership says who of the measured users is in which bucket.
type membership struct {
	measured []int32
	groups   [][]member
}

// division divides the data of a record.
func (b *builder) division(d by, rec *record.Record, data *record.SplitData) (*division, error) {
	switch d.name {
	case ByItemCount:
		counts := make([]int, data.Training.Items)
		for _, item := range data.Training.Item {
			counts[item]++
		}
		return countDivision(counts, d.borders, data.Part(b.part).Item, true), nil
	case ByUserActivity:
		counts, measured := make([]int, data.Training.Users), []int32{}
		for u := range counts {
			counts[u] = activity(data, u)
			if len(data.Part(b.part).Row(u)) > 0 {
				measured = append(measured, int32(u))
			}
		}
		div := countDivision(counts, d.borders, measured, false)
		if data.FoldIn != nil {
			div.note += " Of users who are held out whole the history counts."
		}
		return div, nil
	}
	if d.borders != nil {
		return nil, contract.Errorf(contract.ErrInvalid, "results are divided by the values of %q, which has no borders: borders are for %s and %s", d.name, ByItemCount, ByUserActivity)
	}
	return b.attributeDivision(rec, d.name)
}

// activity is how many interactions a method knows of a user: those in training, or in
// the history of a user who is held out whole.
func activity(data *record.SplitData, user int) int {
	return len(data.History(user))
}

// countDivision divides by counts; over holds the ids by which the quartiles are
// taken: each held-out item as often as it is held out, or each measured user.
func countDivision(counts []int, borders eval.Buckets, over []int32, items bool) *division {
	how := "given borders"
	if borders == nil {
		picked := make([]int, len(over))
		for i, id := range over {
			picked[i] = counts[id]
		}
		borders, how = eval.Quartiles(picked), "quartiles of the measured users"
		if items {
			how = "quartiles of the held-out interactions"
		}
	}
	d := &division{items: items, borders: borders, how: how, in: func(bucket int, id int32) bool { return borders.Of(counts[id]) == bucket }}
	for i := range borders.Len() {
		d.names = append(d.names, borders.Name(i))
	}
	if items {
		d.note = "item_count: buckets of relevant items by their number of training interactions (" + how + "). In a bucket a user's relevant items are those of the bucket, and users without one are left out; lists are the whole lists."
	} else {
		d.note = "user_activity: buckets of users by their number of training interactions, or of the history of a user who is held out whole (" + how + ")."
	}
	return d
}

// maxGroups is how many values of an attribute make groups that can be looked at.
const maxGroups = 50

// attributeDivision divides users by the values of an attribute; of a set, a user is
// in the group of each word.
func (b *builder) attributeDivision(rec *record.Record, name string) (*division, error) {
	known, err := b.from.UserAttributes(rec)
	if err != nil {
		return nil, err
	}
	names := []string{ByItemCount, ByUserActivity, BySplit, BySeed}
	for _, a := range known {
		names = append(names, a.Name)
	}
	at := slices.IndexFunc(known, func(a contract.TrainAttributes) bool { return a.Name == name })
	if at < 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "results of %s cannot be divided by %q: expected %s, %s, %s, %s, or an attribute of users that table.strata.user_attributes named when the trials ran%s",
			b.dataset(), name, ByItemCount, ByUserActivity, BySplit, BySeed, schema.Hint(name, names))
	}
	a := known[at]
	if a.Type == contract.AttributeNumber || a.Type == contract.AttributeText {
		return nil, contract.Errorf(contract.ErrInvalid, "attribute %q of users is a %s, expected one with groups: a category or a set", name, a.Type)
	}
	groups := groupsOf(a)
	if len(groups) > maxGroups {
		return nil, contract.Errorf(contract.ErrInvalid, "attribute %q of users has %d values, expected %d groups at most", name, len(groups), maxGroups)
	}
	d := &division{names: slices.Sorted(maps.Keys(groups)), groups: true}
	d.in = func(bucket int, user int32) bool { return groups[d.names[bucket]][user] }
	d.note = fmt.Sprintf("%s: groups of users by this attribute; users without it are left out. The gap is the highest mean of a group less the lowest one, the worst group's.", name)
	if a.Type == contract.AttributeSet {
		d.note += " A user is in the group of each of their words."
	}
	return d, nil
}

// groupsOf gives the users of every word of an attribute.
func groupsOf(a contract.TrainAttributes) map[string]map[int32]bool {
	groups := map[string]map[int32]bool{}
	add := func(word string, user int32) {
		if groups[word] == nil {
			groups[word] = map[int32]bool{}
		}
		groups[word][user] = true
	}
	for i, user := range a.Rows {
		if a.Type == contract.AttributeCategory {
			add(a.Words[i], user)
			continue
		}
		for _, word := range a.Sets[i] {
			add(word, user)
		}
	}
	return groups
}
