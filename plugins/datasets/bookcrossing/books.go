package main

import (
	"bytes"
	"context"
	"html"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/rows"
)

// book is one record of the file of books; what is missing is "" or 0.
type book struct {
	id, title, author, publisher string
	year                         int64
}

// eachBook hands every book to do, in the order of the file.
func (s *source) eachBook(ctx context.Context, do func(book) error) error {
	path, err := s.Need(s.books, "titles and authors")
	if err != nil {
		return err
	}
	seen, mended := map[string]int{}, 0
	err = s.each(ctx, path, bookColumns(), func(r record) (damage, err error) {
		r = shifted(r)
		b, damage := bookOf(r)
		if damage != nil {
			return damage, nil
		}
		if before, again := seen[b.id]; again {
			return r.Errorf("book %q stands in line %d already", b.id, before), nil
		}
		seen[b.id] = r.Line
		if r.mended {
			mended++
		}
		return nil, do(b)
	})
	if mended > 0 {
		log := sdk.Logger()
		log.Info().Str("file", path).Int("records", mended).Msg("titles and authors that ran together were taken apart")
	}
	return err
}

func bookOf(r record) (b book, err error) {
	if b.id, err = r.ID(r.at[bookID]); err != nil {
		return b, err
	}
	b.title, b.author, b.publisher = r.text(bookTitle), r.text(bookAuthor), r.text(bookPublisher)
	if year := r.at[bookYear]; year != none && len(r.Trimmed(year)) > 0 {
		b.year, err = r.Whole(year)
	}
	return b, err
}

// runTogether is where title and author of a few published records meet: a title that
// ends in a backslash takes its closing quote for text.
const runTogether = `";`

// mended is a record of one field too few whose title holds the author too, with both
// apart.
func mended(r delimited.Record, at []int) (delimited.Record, bool) {
	if len(r.Fields) <= at[bookTitle] {
		return r, false
	}
	title, author, ok := apart(r.Fields[at[bookTitle]])
	if !ok {
		return r, false
	}
	fields := slices.Insert(slices.Clone(r.Fields), at[bookTitle]+1, author)
	fields[at[bookTitle]] = title
	r.Fields = fields
	return r, true
}

// shifted undoes what mirrors made of such a record: the right number of fields, each
// behind the title one place too far left.
func shifted(r record) record {
	if slices.Contains(r.at, none) || r.at[bookAuthor] != r.at[bookTitle]+1 || r.at[bookYear] != r.at[bookTitle]+2 || r.at[bookPublisher] != r.at[bookTitle]+3 {
		return r
	}
	if _, err := r.Whole(r.at[bookYear]); err == nil || len(r.Trimmed(r.at[bookYear])) == 0 {
		return r
	}
	title, author, ok := apart(r.Fields[r.at[bookTitle]])
	if !ok {
		return r
	}
	fields := slices.Clone(r.Fields)
	copy(fields[r.at[bookYear]:], r.Fields[r.at[bookAuthor]:])
	fields[r.at[bookTitle]], fields[r.at[bookAuthor]] = title, author
	r.Fields, r.mended = fields, true
	return r
}

// apart takes a title and an author apart.
func apart(both []byte) (title, author []byte, ok bool) {
	title, author, ok = bytes.Cut(both, []byte(runTogether))
	return bytes.TrimSuffix(title, []byte(`\`)), bytes.Trim(author, `"`), ok
}

// clean is a text without what the files keep of their making: references of HTML such
// as &amp;, and backslashes before quotes.
func clean(text string) string {
	return strings.TrimSpace(html.UnescapeString(strings.ReplaceAll(text, `\"`, `"`)))
}

// Texts streams the title and, as brand, the author of every book.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	s, err := d.open("Texts")
	if err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	err = s.eachBook(ctx, func(b book) error {
		return w.Describe(b.id, rows.About(contract.TextTitle, b.title), rows.About(contract.TextBrand, b.author))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
