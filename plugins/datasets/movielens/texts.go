package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/rows"
)

// Texts streams title and genres of every movie in the order of the file, and with
// Params.Tags the tags of each, in the order of their bytes, behind them.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	s, err := d.open(ctx, "Texts")
	if err != nil {
		return err
	}
	tags, err := s.readTags(ctx)
	if err != nil {
		return err
	}
	w := rows.Texts{Yield: yield}
	err = s.eachMovie(ctx, func(m movie) error {
		return w.Describe(m.id,
			rows.About(contract.TextTitle, m.title), rows.About(contract.TextCategories, strings.Join(m.genres, ", ")), rows.About(contract.TextTags, strings.Join(tags.Of(m.id), ", ")))
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// The columns of a file of tags.
const (
	tagUser = iota
	tagMovie
	tagText
	tagTime
)

// readTags reads all tags; none where Params.Tags does not ask for them.
func (s *source) readTags(ctx context.Context) (*rows.Tags, error) {
	t := &rows.Tags{}
	if s.params.Tags == tagsNone {
		return t, nil
	}
	path, table, err := s.table(ctx, s.release.tags, "the tags")
	if err != nil {
		return nil, err
	}
	movies := ids.New(path, "item")
	return t, delimited.Each(ctx, path, table, func(r delimited.Record) error {
		if !digits(r.Fields[tagUser]) || !digits(r.Fields[tagMovie]) {
			return r.Errorf("user and movie are %.40q and %.40q, expected whole numbers", r.Fields[tagUser], r.Fields[tagMovie])
		}
		if _, err := seconds(r, tagTime); err != nil {
			return err
		}
		t.Add(movies.Of(r.Fields[tagMovie]), r.Trimmed(tagText))
		return nil
	})
}
