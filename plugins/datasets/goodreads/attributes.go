package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/rows"
)

// Attributes streams language, format, publisher and medium (categories), pages and year
// (numbers), authors and shelves (sets) of the books, and then genres (a set). Mean
// ratings and their counts are left out: they count held-out ratings too.
func (d *dataset) Attributes(ctx context.Context, yield func(*contract.AttributeChunk) error) error {
	if err := d.Configured("Attributes"); err != nil {
		return err
	}
	p := d.Params()
	if _, err := p.fits(ctx); err != nil {
		return err
	}
	w := rows.Described{Entity: contract.EntityItem, Yield: yield}
	if p.Books != "" {
		if err := p.eachBook(ctx, func(b *book) error { return b.describe(&w) }); err != nil {
			return err
		}
	}
	if p.Genres != "" {
		err := eachGenres(ctx, p.Genres, func(book string, genres []string) error { return w.Add(book, rows.Set("genres", genres)) })
		if err != nil {
			return err
		}
	}
	return w.Flush()
}

func (b *book) describe(w *rows.Described) error {
	return w.Add(b.id,
		rows.Category("language", b.language), rows.Category("format", b.format), rows.Category("publisher", b.publisher), rows.Category("medium", b.medium),
		rows.Number("pages", b.pages), rows.Number("year", b.year), rows.Set("authors", b.authors), rows.Set("shelves", b.shelves))
}
