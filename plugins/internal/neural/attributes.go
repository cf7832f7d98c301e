package neural

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"
)

// ItemAttributes numbers the words of all categories and sets of the items, and the
// members of their texts that are lists (tags, categories, brand), in the order of
// the names and of the words, and lists each item's. ErrInvalid where items have none.
// Numbers and other texts are left out.
func (d *Data) ItemAttributes() (words [][]int32, count int, err error) {
	type word struct{ name, value string }
	own := make([][]word, d.Items)
	numbers := map[word]int32{}
	for _, t := range d.Texts {
		if t.Item < 0 {
			continue
		}
		for _, value := range members(t.Kind, t.Text) {
			own[t.Item] = append(own[t.Item], word{string(t.Kind), value})
			numbers[word{string(t.Kind), value}] = 0
		}
	}
	for _, a := range d.Attributes {
		if a.Entity != contract.EntityItem {
			continue
		}
		for i, item := range a.Rows {
			for _, value := range valuesOf(a, i) {
				own[item] = append(own[item], word{a.Name, value})
				numbers[word{a.Name, value}] = 0
			}
		}
	}
	if len(numbers) == 0 {
		return nil, 0, contract.Errorf(contract.ErrInvalid, "items have no attributes that are categories or sets, and no texts that are tags, categories or brands: the dataset has none, or the plan leaves them out")
	}
	all := make([]word, 0, len(numbers))
	for w := range numbers {
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b word) int { return slices.Compare([]string{a.name, a.value}, []string{b.name, b.value}) })
	for n, w := range all {
		numbers[w] = int32(n)
	}
	words = make([][]int32, d.Items)
	for item, list := range own {
		for _, w := range list {
			words[item] = append(words[item], numbers[w])
		}
		slices.Sort(words[item])
		words[item] = slices.Compact(words[item])
	}
	return words, len(all), nil
}

// valuesOf are the words of one value.
func valuesOf(a *contract.TrainAttributes, i int) []string {
	switch a.Type {
	case contract.AttributeCategory:
		return a.Words[i : i+1]
	case contract.AttributeSet:
		return a.Sets[i]
	}
	return nil
}

// members are those of a text that is a list: tags between semicolons, or commas where
// there is none, categories between commas, a brand as a whole.
func members(kind contract.TextKind, text string) (all []string) {
	separator := ","
	switch {
	case kind == contract.TextBrand:
		return []string{strings.TrimSpace(text)}
	case kind == contract.TextTags && strings.Contains(text, ";"):
		separator = ";"
	case kind != contract.TextTags && kind != contract.TextCategories:
		return nil
	}
	for _, member := range strings.Split(text, separator) {
		if member = strings.TrimSpace(member); member != "" {
			all = append(all, member)
		}
	}
	return all
}
