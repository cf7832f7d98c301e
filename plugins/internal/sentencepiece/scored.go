package sentencepiece

import (
	"math"
	"sync"
)

// maxResegment bounds how deep an unused piece is taken apart, as in sentencepiece.
const maxResegment = 100

// scored merges neighbours whose joined text is a piece, the highest score first
// and leftmost among equals: Model::SampleEncode of sentencepiece's bpe_model.cc.
type scored struct {
	ids     map[string]int32 // of the pieces that merges may give
	orders  []int32          // by id: the higher the score the smaller
	kinds   []Kind           // by id
	keep    *trie[float32]   // user-defined pieces, which are never merged
	unknown int32
	bytes   *bytePieces
	buffers sync.Pool
}

// symbol is a stretch of the text on its way through the merges.
type symbol struct {
	start, end int32 // equal once it was merged into its left neighbour
	prev, next int32 // -1 at the ends
	frozen     bool
}

// scratch is what one call works in.
type scratch struct {
	symbols []symbol
	queue   agenda
	unused  map[string][2]string // of what an unused piece was merged last
}

func (m *Model) newScored() *scored {
	s := &scored{ids: make(map[string]int32, len(m.Pieces)), orders: make([]int32, len(m.Pieces)), kinds: make([]Kind, len(m.Pieces)),
		keep: m.Normalizer.keep, unknown: m.Unknown, bytes: m.bytes}
	for _, k := range m.keys(Piece.matchable) {
		s.ids[k.text] = k.id
	}
	for id, p := range m.Pieces {
		s.orders[id], s.kinds[id] = scoreOrder(p.Score), p.Kind
	}
	return s
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
		size := s.keep.longest(text[at:])
		frozen := size > 0
		if !frozen {
			size = characterSize(text[at])
		}
		i := int32(len(w.symbols))
		w.symbols = append(w.symbols, symbol{int32(at), int32(at + size), i - 1, i + 1, frozen})
		at += size
	}
	w.symbols[len(w.symbols)-1].next = -1
}

func (s *scored) merge(w *scratch, text string) {
	for i := range len(w.symbols) - 1 {
		s.offer(w, text, int32(i), int32(i+1))
	}
	for len(w.queue) > 0 {
		c := w.queue.pop()
		left, right := &w.symbols[c.left], &w.symbols[c.right]
		if left.start == left.end || right.start == right.end || right.end-left.start != c.what {
			continue
		}
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
// candidate is its length.
func (s *scored) offer(w *scratch, text string, left, right int32) {
	if left < 0 || right < 0 || w.symbols[left].frozen || w.symbols[right].frozen {
		return
	}
	start, middle, end := w.symbols[left].start, w.symbols[right].start, w.symbols[right].end
	id, ok := s.ids[text[start:end]]
	if !ok {
		return
	}
	w.queue.push(candidate{s.orders[id], left, right, end - start})
	if s.kinds[id] == Unused {
		w.unused[text[start:end]] = [2]string{text[start:middle], text[middle:end]}
	}
}

func (s *scored) collect(dst []int32, w *scratch, text string) []int32 {
	out := output{dst: dst, unknown: s.unknown, bytes: s.bytes}
	for i := int32(0); i >= 0; i = w.symbols[i].next {
		s.resegment(&out, w, text[w.symbols[i].start:w.symbols[i].end], 0)
	}
	return out.dst
}

// resegment writes a piece, taking unused ones apart again.
func (s *scored) resegment(out *output, w *scratch, piece string, depth int) {
	id, ok := s.ids[piece]
	switch parts, merged := w.unused[piece]; {
	case !ok:
		out.addUnknown(piece)
	case s.kinds[id] != Unused || depth > maxResegment:
		out.add(id)
	case !merged:
		out.addUnknown(piece)
	default:
		s.resegment(out, w, parts[0], depth+1)
		s.resegment(out, w, parts[1], depth+1)
	}
}

// output collects ids; unknown text in a row becomes one unknown piece, or the
// pieces of its bytes.
type output struct {
	dst     []int32
	unknown int32
	bytes   *bytePieces
	after   bool // the last piece was unknown
}

func (o *output) add(id int32) { o.dst, o.after = append(o.dst, id), false }

func (o *output) addUnknown(text string) {
	dst, ok := o.bytes.append(o.dst, text)
	if !ok && !o.after {
		dst = append(dst, o.unknown)
	}
	o.dst, o.after = dst, true
}
