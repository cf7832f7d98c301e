package sentencepiece

import (
	"sync"
	"unicode/utf8"

	"cllm4rec/core/contract"
)

// BPEOptions are the settings of the "BPE" model of a tokenizer.json.
type BPEOptions struct {
	Unknown      int32 // id of unk_token; -1: unknown characters vanish, as there
	ByteFallback bool  // characters without a piece become the pieces of their bytes, if all are there
	FuseUnknown  bool  // a run of unknown characters is one unknown piece
	IgnoreMerges bool  // a text that is itself a piece is that piece
}

// Merge joins two pieces; of two merges the earlier one in the list goes first.
type Merge struct{ Left, Right string }

// BPEEncoder cuts text by merging neighbours. It is safe for concurrent use.
type BPEEncoder struct {
	options BPEOptions
	ids     map[string]int32
	letters letters // ids of the pieces of one character
	merges  *pairs  // in the order of their ranks
	joints  *pairs  // neighbours, before any merge, in what merges give
	bytes   *bytePieces
	buffers sync.Pool
}

// part is a piece on its way through the merges.
type part struct {
	id         int32 // -1 once it was merged into its left neighbour
	prev, next int32 // -1 at the ends
}

// parts is what one call works in.
type parts struct {
	list  []part
	queue agenda
}

// NewRankedBPE is the "BPE" model of a tokenizer.json over characters (byte-level
// tokenizers have their own package): pieces in order of id (Kind and Score are
// not read; an empty text is an id without a piece) and merges in order of rank.
// Errors: contract.ErrBadData.
func NewRankedBPE(pieces []Piece, merges []Merge, o BPEOptions) (*BPEEncoder, error) {
	if int(o.Unknown) >= len(pieces) {
		return nil, contract.Errorf(contract.ErrBadData, "the unknown piece has id %d with %d pieces", o.Unknown, len(pieces))
	}
	b := &BPEEncoder{options: o, ids: make(map[string]int32, len(pieces)), letters: newLetters(), merges: newPairs(len(merges))}
	for id, p := range pieces {
		if first, twice := b.ids[p.Text]; twice && p.Text != "" {
			return nil, contract.Errorf(contract.ErrBadData, "pieces %d and %d are both %q", first, id, p.Text)
		}
		b.ids[p.Text] = int32(id)
		if r, _ := utf8.DecodeRuneInString(p.Text); utf8.RuneLen(r) == len(p.Text) {
			b.letters.set(r, int32(id))
		}
	}
	delete(b.ids, "")
	if o.ByteFallback {
		b.bytes = findBytes(b.find)
	}
	return b, b.addMerges(merges)
}

// find is the id of a piece, -1 if there is none.
func (b *BPEEncoder) find(text string) int32 {
	if id, ok := b.ids[text]; ok {
		return id
	}
	return -1
}

func (b *BPEEncoder) addMerges(merges []Merge) error {
	joints := pairSet{}
	for rank, m := range merges {
		left, okLeft := b.ids[m.Left]
		right, okRight := b.ids[m.Right]
		joined, okJoined := b.ids[m.Left+m.Right]
		if !okLeft || !okRight || !okJoined {
			return contract.Errorf(contract.ErrBadData, "merge %d needs the pieces %q, %q and %q, which are not all there", rank, m.Left, m.Right, m.Left+m.Right)
		}
		s := b.merges.at(left, right)
		if s.id >= 0 {
			return contract.Errorf(contract.ErrBadData, "merge %d joins %q and %q a second time", rank, m.Left, m.Right)
		}
		*s = slot{left, right, int32(rank), joined}
		b.addJoints(joints, m, left, right)
	}
	b.joints = joints.table()
	return nil
}

// addJoints adds the symbols, before any merge, that may meet where a merge joins
// two pieces: each piece itself, or the character at that end of it. Between other
// neighbours nothing ever merges, so that the text can be merged part by part.
func (b *BPEEncoder) addJoints(joints pairSet, m Merge, left, right int32) {
	last, _ := utf8.DecodeLastRuneInString(m.Left)
	first, _ := utf8.DecodeRuneInString(m.Right)
	for _, l := range [2]int32{left, b.letters.get(last)} {
		for _, r := range [2]int32{right, b.letters.get(first)} {
			joints.add(l, r)
		}
	}
}

// Append appends the ids of text that is already normalised and cut into words
// (under 2 GiB).
func (b *BPEEncoder) Append(dst []int32, text string) []int32 {
	if text == "" {
		return dst
	}
	text = valid(text)
	if b.options.IgnoreMerges {
		if id, ok := b.ids[text]; ok {
			return append(dst, id)
		}
	}
	w, _ := b.buffers.Get().(*parts)
	if w == nil {
		w = &parts{}
	}
	b.split(w, text)
	b.merge(w)
	dst = w.collect(dst)
	b.buffers.Put(w)
	return dst
}

// collect appends the ids of what is left.
func (w *parts) collect(dst []int32) []int32 {
	for i := range w.list {
		if w.list[i].id >= 0 {
			dst = append(dst, w.list[i].id)
		}
	}
	return dst
}

// split turns characters into pieces. As in the reference, an unknown piece
// comes out only before the next known character, that is after the bytes of
// characters that follow it (BPE::merge_word in models/bpe/model.rs).
func (b *BPEEncoder) split(w *parts, text string) {
	w.list, w.queue = w.list[:0], w.queue[:0]
	waiting := false
	for i, r := range text {
		id := b.letters.get(r)
		switch {
		case id >= 0:
			waiting = w.flush(waiting, b.options.Unknown)
			w.add(id)
		case b.addBytes(w, text[i:i+utf8.RuneLen(r)]):
		case b.options.Unknown >= 0:
			if !b.options.FuseUnknown {
				w.flush(waiting, b.options.Unknown)
			}
			waiting = true
		}
	}
	w.flush(waiting, b.options.Unknown)
}

// addBytes adds the byte pieces of a character if all of them are there.
func (b *BPEEncoder) addBytes(w *parts, character string) bool {
	var room [utf8.UTFMax]int32
	ids, ok := b.bytes.append(room[:0], character)
	for _, id := range ids {
		w.add(id)
	}
	return ok
}

func (w *parts) add(id int32) {
	i := int32(len(w.list))
	w.list = append(w.list, part{id, i - 1, i + 1})
}

// flush adds the unknown piece if one waits; then none does.
func (w *parts) flush(waiting bool, unknown int32) bool {
	if waiting {
		w.add(unknown)
	}
	return false
}

// merge joins pairs, lowest rank first and leftmost among equals (Word::merge_all
// in models/bpe/word.rs).
func (b *BPEEncoder) merge(w *parts) {
	if len(w.list) == 0 {
		return
	}
	w.list[len(w.list)-1].next = -1
	for i := range len(w.list) - 1 {
		offered := b.offer(w, int32(i))
		if !offered && len(w.queue) >= longQueue && !b.joints.has(w.list[i].id, w.list[i+1].id) {
			b.drain(w)
		}
	}
	b.drain(w)
}

// drain merges until no candidate is left.
func (b *BPEEncoder) drain(w *parts) {
	for len(w.queue) > 0 {
		c := w.queue.pop()
		if m := b.pairAt(w, c.left); m != nil && m.id == c.what {
			w.join(c.left, m.id)
			b.offer(w, w.list[c.left].prev)
			b.offer(w, c.left)
		}
	}
}

// pairAt is what becomes of the piece at a place and its right neighbour; nil: nothing.
func (b *BPEEncoder) pairAt(w *parts, at int32) *slot {
	if at < 0 || w.list[at].id < 0 || w.list[at].next < 0 {
		return nil
	}
	if m := b.merges.at(w.list[at].id, w.list[w.list[at].next].id); m.id >= 0 {
		return m
	}
	return nil
}

// offer queues the pair at a place if there is a merge for it; what of the
// candidate is the piece that it gives. It says whether it did.
func (b *BPEEncoder) offer(w *parts, at int32) bool {
	m := b.pairAt(w, at)
	if m == nil {
		return false
	}
	w.queue.push(candidate{order: m.order, left: at, what: m.id})
	return true
}

func (w *parts) join(at, id int32) {
	gone := w.list[at].next
	w.list[at].id, w.list[at].next = id, w.list[gone].next
	w.list[gone].id = -1
	if next := w.list[at].next; next >= 0 {
		w.list[next].prev = at
	}
}
