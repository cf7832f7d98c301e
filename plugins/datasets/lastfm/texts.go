package main

import (
	"context"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/rows"
)

// Texts streams the name of every item as its title, once, and the artist of a track
// of 1K as its brand, in the order of the file that has the names; with Params.Tags
// the tags of artists, in the order of their bytes, behind their names.
func (d *dataset) Texts(ctx context.Context, yield func(*contract.TextChunk) error) error {
	s, err := d.open("Texts")
	if err != nil {
		return err
	}
	tags, err := s.tags(ctx)
	if err != nil {
		return err
	}
	t := &texts{Texts: rows.Texts{Yield: yield}, seen: map[string]struct{}{}, tags: tags}
	if s.item.names.file == "" {
		err = s.eachPlayed(ctx, t)
	} else {
		err = s.eachNamed(ctx, t)
	}
	if err != nil {
		return err
	}
	return t.Flush()
}

// texts are those of items, of which each comes once.
type texts struct {
	rows.Texts
	seen map[string]struct{}
	tags *rows.Tags
}

func (t *texts) item(id, title, artist string) error {
	if _, again := t.seen[id]; again {
		return nil
	}
	t.seen[id] = struct{}{}
	return t.Describe(id, rows.About(contract.TextTitle, title), rows.About(contract.TextBrand, artist), rows.About(contract.TextTags, strings.Join(t.tags.Of(id), ", ")))
}

// eachPlayed takes the names from the plays.
func (s *source) eachPlayed(ctx context.Context, t *texts) error {
	reader := &reader{source: s}
	return s.each(ctx, s.plays, s.layout, func(r delimited.Record) (damage, err error) {
		id, damage := reader.item(r)
		if damage != nil {
			return damage, nil
		}
		if _, again := t.seen[string(id)]; again {
			return nil, nil
		}
		artist := ""
		if s.item.artist != none {
			artist = r.Text(s.item.artist)
		}
		return nil, t.item(string(id), r.Text(s.item.title), artist)
	})
}

// eachNamed takes the names from a file of their own.
func (s *source) eachNamed(ctx context.Context, t *texts) error {
	const id, name = 0, 1
	path, err := s.Need(s.item.names.file, "the names of "+s.item.name+"s")
	if err != nil {
		return err
	}
	return s.each(ctx, path, s.item.names.options, func(r delimited.Record) (damage, err error) {
		item, damage := r.ID(id)
		if damage != nil {
			return damage, nil
		}
		return nil, t.item(item, r.Text(name), "")
	})
}

// tags reads the tags of artists; none where Params.Tags does not ask for them.
func (s *source) tags(ctx context.Context) (*rows.Tags, error) {
	tags := &rows.Tags{}
	if s.params.Tags == tagsNone {
		return tags, nil
	}
	words, err := s.words(ctx)
	if err != nil {
		return nil, err
	}
	const artist, tag = 0, 1
	path, err := s.Need("user_taggedartists.dat", "the tags of artists")
	if err != nil {
		return nil, err
	}
	artists := ids.New(path, "item")
	return tags, s.each(ctx, path, headed("artistID", "tagID"), func(r delimited.Record) (damage, err error) {
		id := r.Trimmed(artist)
		if len(id) == 0 {
			return r.Wrong(artist, "an artist"), nil
		}
		word, known := words[r.Text(tag)]
		if !known {
			return r.Wrong(tag, "the number of a tag in tags.dat"), nil
		}
		tags.Add(artists.Of(id), word)
		return nil, nil
	})
}

// words are the tags by their number.
func (s *source) words(ctx context.Context) (map[string][]byte, error) {
	const number, word = 0, 1
	path, err := s.Need("tags.dat", "the words of tags")
	if err != nil {
		return nil, err
	}
	words := map[string][]byte{}
	return words, s.each(ctx, path, headed("tagID", "tagValue"), func(r delimited.Record) (damage, err error) {
		id, damage := r.ID(number)
		if damage != nil {
			return damage, nil
		}
		words[id] = []byte(r.Text(word))
		return nil, nil
	})
}
