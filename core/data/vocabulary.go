package data

import (
	"cmp"
	"slices"
	"sync"
)

// Vocabulary maps the raw ids of users or of items to dense indices 0..n-1 and
// back. The order does not depend on the order of the data: ascending by number
// when every id is a canonical non-negative decimal integer ("0", "17", not
// "017"), else ascending by bytes.
type Vocabulary struct {
	ids   []string
	index func() map[string]int32 // made when it is first asked for
}

// NewVocabulary indexes ids; repetitions count once.
func NewVocabulary(ids []string) *Vocabulary {
	sorted := slices.Clone(ids)
	if allDecimal(sorted) {
		slices.SortFunc(sorted, compareDecimal)
	} else {
		slices.Sort(sorted)
	}
	return OrderedVocabulary(slices.Compact(sorted))
}

// OrderedVocabulary takes ids that stand in the order of a Vocabulary, each once,
// as they are. It keeps the slice.
func OrderedVocabulary(ids []string) *Vocabulary {
	return &Vocabulary{ids: ids, index: sync.OnceValue(func() map[string]int32 {
		index := make(map[string]int32, len(ids))
		for i, id := range ids {
			index[id] = int32(i)
		}
		return index
	})}
}

// Len is the number of ids.
func (v *Vocabulary) Len() int { return len(v.ids) }

// ID is the raw id of index i, which must be in 0..Len()-1.
func (v *Vocabulary) ID(i int32) string { return v.ids[i] }

// Index finds the index of a raw id.
func (v *Vocabulary) Index(id string) (int32, bool) {
	i, ok := v.index()[id]
	return i, ok
}

// IDs lists the raw ids by index; the caller must not change it.
func (v *Vocabulary) IDs() []string { return v.ids }

func allDecimal(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return !isDecimal(id) })
}

// isDecimal reports whether s is a non-negative integer without leading zeros.
func isDecimal(s string) bool {
	if s == "" || (s[0] == '0' && len(s) > 1) {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compareDecimal orders canonical decimal integers of any length.
func compareDecimal(a, b string) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}
