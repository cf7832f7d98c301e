package data

import "slices"

// repeats says which rows of a repeated (user, item) pair are the one that the
// filters kept.
type repeats struct {
	rows int // of the pair
	// alike are the numbers, from 0 and among the pair's rows in the order of the
	// stream, of the rows with the time and the value of the kept one; without
	// times the first row alone.
	alike []int
}

// describeRepeats fills r.repeats for the rows of a user; best is the row that
// stays of an item.
func (r *rows) describeRepeats(mine []int32, best func(item int32) int32) {
	for _, i := range mine {
		if p := r.repeats[pairKey(r.user[i], r.item[i])]; p != nil {
			if r.alike(i, best(r.item[i])) {
				p.alike = append(p.alike, p.rows)
			}
			p.rows++
		}
	}
}

// alike reports whether nothing in the data tells row i from the kept row.
func (r *rows) alike(i, kept int32) bool {
	return i == kept || r.time != nil && r.time[i] == r.time[kept] && (r.value == nil || r.value[i] == r.value[kept])
}

// text chooses among the texts of a pair, in the order of the stream, the one
// about the kept row. Of several that nothing tells apart it is the first in the
// order of their bytes, whatever the order of the lines. When the pair has not
// as many texts as rows, any of them may belong to the kept row.
func (p *repeats) text(texts []string) string {
	if p != nil && p.rows == len(texts) {
		alike := make([]string, 0, len(p.alike))
		for _, n := range p.alike {
			alike = append(alike, texts[n])
		}
		texts = alike
	}
	return slices.Min(texts)
}

// repeatsOf is the repeats by the vocabularies' indices; pairs that the filters
// removed are left out.
func (r *rows) repeatsOf(users, items *Vocabulary) map[uint64]*repeats {
	out := make(map[uint64]*repeats, len(r.repeats))
	for pair, found := range r.repeats {
		user, hasUser := users.Index(r.users.ids[pair>>32])
		item, hasItem := items.Index(r.items.ids[uint32(pair)])
		if hasUser && hasItem {
			out[pairKey(user, item)] = found
		}
	}
	return out
}
