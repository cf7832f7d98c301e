package main

import (
	"context"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// separators are what stands between the words of the texts that are lists.
func separators() map[contract.TextKind]string {
	return map[contract.TextKind]string{contract.TextTags: ";", contract.TextCategories: ","}
}

// Attributes streams the tags (a set), categories (a set) and brand (a category) of
// the items, from the files that Texts reads them from. Of an item that stands in a
// file twice the first record counts; a word that an item has twice counts once.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	users, items, err := d.meta()
	if err != nil {
		return err
	}
	kinds := []contract.TextKind{contract.TextTags, contract.TextCategories, contract.TextBrand}
	for _, f := range chosen(d.Params().Path, kinds, d.Params().Attributes) {
		if err := f.attributes(users, items, yield); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// attributes streams one file.
func (f textFile) attributes(users, items int, yield func(*contract.AttributeChunk) error) error {
	separator, isList := separators()[f.kind]
	w := &rows.Attribute{Name: string(f.kind), Entity: contract.EntityItem, Type: contract.AttributeCategory, Yield: yield}
	if isList {
		w.Type = contract.AttributeSet
	}
	seen := map[string]bool{}
	err := f.each(users, items, func(_, item, text string) error {
		text = strings.TrimSpace(text)
		if seen[item] || text == "" {
			return nil
		}
		seen[item] = true
		if !isList {
			return w.Word(item, text)
		}
		return w.Set(item, wordsOf(text, separator))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// wordsOf are the different words of a list, in their order.
func wordsOf(text, separator string) []string {
	var words []string
	for word := range strings.SplitSeq(text, separator) {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}
