package rows

import "slices"

// Tags gathers the different tags of items, whoever gave them and how often. The
// zero value is empty.
type Tags struct {
	number map[string]int32
	words  []string
	items  map[string][]int32 // without order, each number once
}

// Add notes a tag of an item, unless it is empty or the item has it.
func (t *Tags) Add(item string, tag []byte) {
	if len(tag) == 0 {
		return
	}
	if t.items == nil {
		t.number, t.items = map[string]int32{}, map[string][]int32{}
	}
	n, known := t.number[string(tag)]
	if !known {
		n = int32(len(t.words))
		t.words = append(t.words, string(tag))
		t.number[t.words[n]] = n
	}
	if of := t.items[item]; !slices.Contains(of, n) {
		t.items[item] = append(of, n)
	}
}

// Of are the tags of an item in the order of their bytes.
func (t *Tags) Of(item string) []string {
	var words []string
	for _, n := range t.items[item] {
		words = append(words, t.words[n])
	}
	slices.Sort(words)
	return words
}
