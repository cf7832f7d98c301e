package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/formats/delimited"
	"cllm4rec/plugins/internal/formats/ids"
	"cllm4rec/plugins/internal/formats/rows"
	"cllm4rec/plugins/internal/formats/times"
)

// Interactions streams the plays in the order of the file: the counts that the release
// has, or each play with its time; with Params.Plays counts of those of one user after
// another.
func (d *dataset) Interactions(ctx context.Context, yield func(*contract.InteractionChunk) error) error {
	s, err := d.open("Interactions")
	if err != nil {
		return err
	}
	events := s.count == none
	counted := events && s.params.Plays == playsCounts
	w := &rows.Interactions{Yield: yield, Values: !events || counted, Times: events}
	add := func(row rows.Interaction) error { return w.Add(contract.PartAll, row) }
	c := &counter{add: add, ended: map[string]bool{}, place: map[string]int{}}
	take := func(_ delimited.Record, row rows.Interaction) error { return add(row) }
	if counted {
		take = c.play
	}
	reader, err := s.reader()
	if err != nil {
		return err
	}
	err = s.each(ctx, s.plays, s.layout, func(r delimited.Record) (damage, err error) {
		row, damage := reader.row(r)
		if damage != nil {
			return damage, nil
		}
		return nil, take(r, row)
	})
	if err == nil {
		err = c.end()
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// reader takes plays apart.
type reader struct {
	source *source
	users  *ids.Reader
	items  *ids.Reader
	times  *times.Column // nil for counts
	text   []byte
}

func (s *source) reader() (*reader, error) {
	r := &reader{source: s, users: ids.New(s.plays, "user"), items: ids.New(s.plays, "item")}
	if s.time == none {
		return r, nil
	}
	format := times.Seconds
	if s.iso {
		format = times.ISO8601
	}
	column, err := times.New(s.plays, "timestamp", format)
	r.times = column
	return r, err
}

func (x *reader) row(r delimited.Record) (row rows.Interaction, err error) {
	s := x.source
	user := r.Trimmed(s.user)
	if len(user) == 0 {
		return row, r.Wrong(s.user, "a user")
	}
	id, err := x.item(r)
	if err != nil {
		return row, err
	}
	row.User, row.Item = x.users.Of(user), x.items.Of(id)
	if s.count != none {
		plays, err := r.Whole(s.count)
		if err != nil || plays < 0 {
			return row, r.Wrong(s.count, "a number of plays")
		}
		row.Value = float32(plays)
		return row, nil
	}
	at, err := x.times.Seconds(r.Fields[s.time])
	if err != nil {
		return row, r.Errorf("%s %v", r.Column(s.time), err)
	}
	row.Time = at
	return row, nil
}

// item is the identifier of the item of a play: the one of MusicBrainz or of the
// release, and without one its name, behind that of the artist where a name alone says
// too little. It is valid until the next play.
func (x *reader) item(r delimited.Record) ([]byte, error) {
	i := x.source.item
	id := r.Trimmed(i.id)
	switch {
	case len(id) > 0:
		return id, nil
	case i.title == none:
		return nil, r.Wrong(i.id, "the identifier of "+article(i.name))
	}
	title := r.Trimmed(i.title)
	switch {
	case len(title) == 0:
		return nil, r.Errorf("%s and %s are empty, expected one of them", r.Column(i.id), r.Column(i.title))
	case i.artist == none:
		return title, nil
	}
	x.text = append(append(append(x.text[:0], r.Trimmed(i.artist)...), " / "...), title...)
	return x.text, nil
}

func article(name string) string {
	if name == "track" {
		return "a " + name
	}
	return "an " + name
}

// counter makes counts of the plays of a user, which stand together in the file, so
// that no more than one user's are in memory.
type counter struct {
	add   func(rows.Interaction) error
	ended map[string]bool // users before the one that is counted
	items []rows.Interaction
	place map[string]int // of an item in items
}

// play counts a play. A user whose plays stand apart is an error, and not one of the
// record: the file is in another order than counting needs.
func (c *counter) play(r delimited.Record, row rows.Interaction) error {
	if len(c.items) == 0 || c.items[0].User != row.User {
		if err := c.end(); err != nil {
			return err
		}
		if c.ended[row.User] {
			return r.Errorf("plays of user %q stand further up, and another user's between them; plays: counts needs a file that is sorted by user", row.User)
		}
		clear(c.place)
	}
	at, known := c.place[row.Item]
	if !known {
		at = len(c.items)
		c.place[row.Item] = at
		c.items = append(c.items, row)
	}
	c.items[at].Value++
	c.items[at].Time = max(c.items[at].Time, row.Time)
	return nil
}

// end sends what was counted of a user.
func (c *counter) end() error {
	for _, row := range c.items {
		if err := c.add(row); err != nil {
			return err
		}
		c.ended[row.User] = true
	}
	c.items = c.items[:0]
	return nil
}
