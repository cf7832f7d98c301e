package features

import (
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Fields lists the kinds of text that describe items, in the order in which documents
// join them where nothing else is said. Reviews are not among them; they must be named.
func Fields() []contract.TextKind {
	return []contract.TextKind{contract.TextTitle, contract.TextBrand, contract.TextCategories, contract.TextTags, contract.TextDescription}
}

// Documents joins for each of so many items its texts of the given kinds (none: those of
// Fields), in the order of the kinds, by spaces; of reviews all that training has, in
// their order. "" for an item without a text. An ErrInvalid when no item has one.
func Documents(texts []data.Text, kinds []contract.TextKind, items int) ([]string, error) {
	if len(kinds) == 0 {
		kinds = Fields()
	}
	parts := make([][]string, items)
	there := map[contract.TextKind]bool{}
	for _, kind := range kinds {
		for _, t := range texts {
			there[t.Kind] = true
			if t.Kind == kind && t.Item >= 0 {
				parts[t.Item] = append(parts[t.Item], t.Text)
			}
		}
	}
	documents, described := make([]string, items), false
	for i, p := range parts {
		documents[i], described = strings.Join(p, " "), described || len(p) > 0
	}
	if !described {
		return nil, contract.Errorf(contract.ErrInvalid, "no item has a text of the kinds %s; the data have %s", list(kinds), known(there))
	}
	return documents, nil
}

func list(kinds []contract.TextKind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

func known(there map[contract.TextKind]bool) string {
	kinds := slices.DeleteFunc(contract.TextKinds(), func(k contract.TextKind) bool { return !there[k] })
	if len(kinds) == 0 {
		return "no texts"
	}
	return list(kinds)
}
