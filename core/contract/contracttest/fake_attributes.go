package contracttest

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
)

// Attributes streams one attribute of each type: of items the kind, a price and
// tags, of users a note. Every fifth item has no price.
func (d *FakeDataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	kind := &contract.AttributeChunk{Name: "kind", Entity: contract.EntityItem, Type: contract.AttributeCategory}
	price := &contract.AttributeChunk{Name: "price", Entity: contract.EntityItem, Type: contract.AttributeNumber}
	tags := &contract.AttributeChunk{Name: "tags", Entity: contract.EntityItem, Type: contract.AttributeSet}
	note := &contract.AttributeChunk{Name: "note", Entity: contract.EntityUser, Type: contract.AttributeText}
	for i := range d.Params().Items {
		id := fmt.Sprintf("i%d", i)
		kind.IDs, kind.Words = append(kind.IDs, id), append(kind.Words, taste(i))
		tags.IDs, tags.Sets = append(tags.IDs, id), append(tags.Sets, []string{taste(i), fmt.Sprintf("shelf %d", i/4)})
		if i%5 != 4 {
			price.IDs, price.Numbers = append(price.IDs, id), append(price.Numbers, 0.5+float64(i))
		}
	}
	for u := range d.Params().Users {
		note.IDs, note.Words = append(note.IDs, fmt.Sprintf("u%d", u)), append(note.Words, "likes "+taste(u)+" things")
	}
	for n, c := range []*contract.AttributeChunk{kind, price, tags, note} {
		if err := d.Params().step(ctx, n+1, 0, nil); err != nil {
			return err
		}
		if err := yield(c); err != nil {
			return err
		}
	}
	return nil
}
