// Package rows cuts the rows that a dataset reads into the chunks that its
// contract streams.
package rows

import "cllm4rec/core/contract"

// chunkBytes is about what one chunk holds: a megabyte crosses the process
// boundary well below any message limit.
const chunkBytes = 1 << 20

// fixedBytes is what a row costs besides its strings, in memory or on the wire.
const fixedBytes = 32

// Interaction is one row.
type Interaction struct {
	User, Item string
	Value      float32
	Time       int64 // Unix seconds
}

// Interactions gathers interactions into chunks. Values and Times say which
// columns there are. Call Flush at the end.
type Interactions struct {
	Yield         func(*contract.InteractionChunk) error
	Values, Times bool

	chunk contract.InteractionChunk
	bytes int
}

// Add appends a row; a chunk that is full, or of another part, goes out first.
func (w *Interactions) Add(part contract.Part, r Interaction) error {
	if w.bytes >= chunkBytes || w.chunk.Part != part {
		if err := w.Flush(); err != nil {
			return err
		}
		w.chunk.Part = part
	}
	w.bytes += fixedBytes + len(r.User) + len(r.Item)
	w.chunk.Users = append(w.chunk.Users, r.User)
	w.chunk.Items = append(w.chunk.Items, r.Item)
	if w.Values {
		w.chunk.Values = append(w.chunk.Values, r.Value)
	}
	if w.Times {
		w.chunk.Times = append(w.chunk.Times, r.Time)
	}
	return nil
}

// Flush sends what is left.
func (w *Interactions) Flush() error {
	if w.chunk.Len() == 0 {
		return nil
	}
	chunk := w.chunk
	w.chunk, w.bytes = w.like(&chunk), 0
	return w.Yield(&chunk)
}

// like is an empty chunk with room for about as many rows as another has.
func (w *Interactions) like(full *contract.InteractionChunk) contract.InteractionChunk {
	room := full.Len() + full.Len()/16
	chunk := contract.InteractionChunk{Part: full.Part, Users: make([]string, 0, room), Items: make([]string, 0, room)}
	if w.Values {
		chunk.Values = make([]float32, 0, room)
	}
	if w.Times {
		chunk.Times = make([]int64, 0, room)
	}
	return chunk
}

// Texts gathers texts into chunks. Call Flush at the end.
type Texts struct {
	Yield func(*contract.TextChunk) error

	chunk contract.TextChunk
	bytes int
}

// Add appends a text; a full chunk goes out first. User or item is "" where
// the kind has none.
func (w *Texts) Add(kind contract.TextKind, user, item, text string) error {
	if w.bytes >= chunkBytes {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	w.bytes += fixedBytes + len(user) + len(item) + len(text)
	w.chunk.Kinds = append(w.chunk.Kinds, kind)
	w.chunk.Users = append(w.chunk.Users, user)
	w.chunk.Items = append(w.chunk.Items, item)
	w.chunk.Texts = append(w.chunk.Texts, text)
	return nil
}

// Content is a text about an item, or none.
type Content struct {
	kind contract.TextKind
	text string
}

// About is a text of this kind about an item; "" is none.
func About(kind contract.TextKind, text string) Content { return Content{kind, text} }

// Describe appends the texts about an item that there are.
func (w *Texts) Describe(item string, contents ...Content) error {
	for _, c := range contents {
		if c.text == "" {
			continue
		}
		if err := w.Add(c.kind, "", item, c.text); err != nil {
			return err
		}
	}
	return nil
}

// Flush sends what is left.
func (w *Texts) Flush() error {
	if w.chunk.Len() == 0 {
		return nil
	}
	chunk := w.chunk
	w.chunk, w.bytes = contract.TextChunk{}, 0
	return w.Yield(&chunk)
}
