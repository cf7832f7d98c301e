package neural

import (
	"slices"

	"cllm4rec/core/contract"
)

// ItemAttributes numbers the words of all categories and sets of the items, in the
// order of the attributes' names and of the words, and lists each item's. ErrInvalid
// where items have none. Numbers and texts are left out.
func (d *Data) ItemAttributes() (words [][]int32, count int, err error) {
	type word struct{ name, value string }
	own := make([][]word, d.Items)
	numbers := map[word]int32{}
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
		return nil, 0, contract.Errorf(contract.ErrInvalid, "items have no attributes that are categories or sets, expected some: the dataset has none, or the plan leaves them out")
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
