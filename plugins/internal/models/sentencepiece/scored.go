package sentencepiece

import (
	"math"
	"slices"
	"sync"
	"unicode/utf8"
)

// scored merges neighbours whose joined text is a piece, the highest score first
// and leftmost among equals: Model::SampleEncode of sentencepiece's bpe_model.cc.
//
// Symbols have numbers: pieces their ids, characters of pieces that are no pieces
// themselves the numbers after those, all other text -1. Text with a number is
// all that can be part of a piece, so that merges are known from pairs of numbers.
type scored struct {
	ids     map[string]int32 // of the pieces that merges may give
	kinds   []Kind           // by id
	letters letters          // the numbers of characters
	merges  *pairs           // a pair of numbers and the piece of their joined text
	joints  *pairs           // neighbours in any piece; nil: text is to be merged as a whole
	keep    *trie[float32]   // user-defined pieces, which are never merged; nil if there are none
	unknown int32
	bytes   *bytePieces
	buffers sync.Pool
}

// symbol is a stretch of the text on its way through the merges.
type symbol struct {
	start, end int32 // equal once it was merged into its left neighbour
	prev, next int32 // -1 at the ends
	number     int32
	frozen     bool
}

// scratch is what one call works in.
type scratch struct {
	symbols []symbol
	queue   agenda
	unused  map[string][2]string // of what an unused piece was merged last
}

func (m *Model) newScored() *scored {
	s := &scored{ids: make(map[string]int32, len(m.Pieces)), kinds: make([]Kind, len(m.Pieces)), letters: newLetters(),
		unknown: m.Unknown, bytes: m.bytes}
	keys := m.keys(func(p Piece) bool { return p.matchable() && utf8.ValidString(p.Text) })
	for _, k := range keys {
		s.ids[k.text] = k.id
	}
	for id, p := range m.Pieces {
		s.kinds[id] = p.Kind
		if p.Kind == UserDefined {
			s.keep = m.Normalizer.keep
		}
	}
	s.numberLetters(keys)
	s.addMerges(m, keys)
	if !slices.Contains(s.kinds, Unused) { // how unused pieces are taken apart depends on all of the text
		s.joints = s.findJoints(keys)
	}
	return s
}

// findJoints finds the characters that are neighbours in any piece. Between two
// others nothing ever merges, so that what is left of them and what is right can
// be merged one after the other: the queue stays short.
func (s *scored) findJoints(keys []key) *pairs {
	joints := pairSet{}
	for _, k := range keys {
		last := int32(-1)
		for _, r := range k.text {
			number := s.letters.get(r)
			joints.add(last, number)
			last = number
		}
	}
	return joints.table()
}

func (s *scored) numberLetters(keys []key) {
	next := int32(len(s.kinds))
	for _, k := range keys {
		for _, r := range k.text {
			if s.letters.get(r) >= 0 {
				continue
			}
			if id, ok := s.ids[string(r)]; ok {
				s.letters.set(r, id)
				continue
			}
			s.letters.set(r, next)
			next++
		}
	}
}

// addMerges enters every way to cut a piece into two symbols.
func (s *scored) addMerges(m *Model, keys []key) {
	var all []slot
	for _, k := range keys {
		order := scoreOrder(m.Pieces[k.id].Score)
		for i := range k.text {
			if left := s.number(k.text[:i]); i > 0 && left >= 0 {
				if right := s.number(k.text[i:]); right >= 0 {
					all = append(all, slot{left, right, order, k.id})
				}
			}
		}
	}
	s.merges = newPairs(len(all))
	for _, merge := range all {
		*s.merges.at(merge.left, merge.right) = merge
	}
}

// number is the number of a text, -1 if it is neither a piece nor a character.
func (s *scored) number(text string) int32 {
	if id, ok := s.ids[text]; ok {
		return id
	}
	if r, _ := utf8.DecodeRuneInString(text); utf8.RuneLen(r) == len(text) {
		return s.letters.get(r)
	}
	return -1
}

// scoreOrder turns a score into a number that is smaller for a higher score, with
// -0 below 0 as in sentencepiece, which compares the bits.
func scoreOrder(score float64) int32 {
	bits := int32(math.Float32bits(float32(score)))
	if bits < 0 {
		bits ^= math.MaxInt32
	}
	return ^bits
}

// Append appends the ids of normalised, escaped text; under 2 GiB.
func (s *scored) Append(dst []int32, text string) []int32 {
	if text == "" {
		return dst
	}
	text = valid(text)
	w, _ := s.buffers.Get().(*scratch)
	if w == nil {
		w = &scratch{unused: map[string][2]string{}}
	}
	s.split(w, text)
	s.merge(w, text)
	dst = s.collect(dst, w, text)
	clear(w.unused)
	s.buffers.Put(w)
	return dst
}

// split cuts the text into user-defined pieces and characters.
func (s *scored) split(w *scratch, text string) {
	w.symbols, w.queue = w.symbols[:0], w.queue[:0]
	for at := 0; at < len(text); {
		i := int32(len(w.symbols))
		symbol := symbol{start: int32(at), prev: i - 1, next: i + 1}
		symbol.number, at, symbol.frozen = s.first(text, at)
		symbol.end = int32(at)
		w.symbols = append(w.symbols, symbol)
	}
	w.symbols[len(w.symbols)-1].next = -1
}

// first is the symbol that the text begins with at a place, and where it ends.
func (s *scored) first(text string, at int) (number int32, end int, frozen bool) {
	if s.keep != nil {
		if size := s.keep.longest(text[at:]); size > 0 {
			return s.ids[text[at:at+size]], at + size, true
		}
	}
	r, size := utf8.DecodeRuneInString(text[at:])
	return s.letters.get(r), at + size, false
}

func (s *scored) merge(w *scratch, text string) {
	for i := range len(w.symbols) - 1 {
		offered := s.offer(w, text, int32(i), int32(i+1))
		if !offered && len(w.queue) >= longQueue && s.joints != nil && !s.joints.has(w.symbols[i].number, w.symbols[i+1].number) {
			s.drain(w, text)
		}
	}
	s.drain(w, text)
}

// drain merges until no candidate is left.
func (s *scored) drain(w *scratch, text string) {
	for len(w.queue) > 0 {
		c := w.queue.pop()
		left, right := &w.symbols[c.left], &w.symbols[c.right]
		if left.start == left.end || right.start == right.end || right.end-left.start != c.what {
			continue
		}
		left.number = s.merges.at(left.number, right.number).id
		left.end, left.next = right.end, right.next
		right.end = right.start
		if left.next >= 0 {
			w.symbols[left.next].prev = c.left
		}
		s.offer(w, text, left.prev, c.left)
		s.offer(w, text, c.left, left.next)
	}
}

// offer queues a pair of neighbours if their joined text is a piece; what of the
// candidate is its length. It says whether it did.
func (s *scored) offer(w *scratch, text string, left, right int32) bool {
	if left < 0 || right < 0 || w.symbols[left].frozen || w.symbols[right].frozen {
		return false
	}
	merge := s.merges.at(w.symbols[left].number, w.symbols[right].number)
	if merge.id < 0 {
		return false
	}
	start, middle, end := w.symbols[left].start, w.symbols[right].start, w.symbols[right].end
	w.queue.push(candidate{merge.order, left, right, end - start})
	if s.kinds[merge.id] == Unused {
		w.unused[text[start:end]] = [2]string{text[start:middle], text[middle:end]}
	}
	return true
}

func (s *scored) collect(dst []int32, w *scratch, text string) []int32 {
	out := output{dst: dst, unknown: s.unknown, bytes: s.bytes}
	for i := int32(0); i >= 0; i = w.symbols[i].next {
		if n := w.symbols[i].number; n >= 0 && int(n) < len(s.kinds) && s.kinds[n] != Unused {
			out.add(n)
			continue
		}
		s.resegment(&out, w, text[w.symbols[i].start:w.symbols[i].end], 0)
	}
	return out.dst
}
