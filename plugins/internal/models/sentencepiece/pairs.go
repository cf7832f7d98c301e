package sentencepiece

import "math/bits"

// pairs is a hash table from two neighbouring symbols to what they merge into,
// with open addressing; a Go map takes three times as long here.
type pairs struct {
	slots []slot
	shift int
}

// slot is one entry; id -1: free.
type slot struct {
	left, right int32
	order, id   int32 // when the merge goes (smaller is earlier) and what it gives
}

// newPairs makes room for n entries at a load of at most a half.
func newPairs(n int) *pairs {
	width := bits.Len(uint(n)) + 1
	p := &pairs{slots: make([]slot, 1<<width), shift: 64 - width}
	for i := range p.slots {
		p.slots[i].id = -1
	}
	return p
}

// at is the slot of a pair, or the free one where it would go.
func (p *pairs) at(left, right int32) *slot {
	key := uint64(uint32(left))<<32 | uint64(uint32(right))
	for i := key * 0x9e3779b97f4a7c15 >> p.shift; ; i++ {
		s := &p.slots[i&uint64(len(p.slots)-1)]
		if s.id < 0 || s.left == left && s.right == right {
			return s
		}
	}
}

// has reports whether a pair is in the table.
func (p *pairs) has(left, right int32) bool { return p.at(left, right).id >= 0 }

// pairSet collects pairs that stand many times.
type pairSet map[[2]int32]struct{}

func (s pairSet) add(left, right int32) { s[[2]int32{left, right}] = struct{}{} }

// table holds the pairs of the set under id 0.
func (s pairSet) table() *pairs {
	p := newPairs(len(s))
	for pair := range s {
		*p.at(pair[0], pair[1]) = slot{left: pair[0], right: pair[1]}
	}
	return p
}

// letters are the symbols of single characters: an array for ASCII, as most text
// is, and a map for the rest.
type letters struct {
	ascii [128]int32 // -1: none
	more  map[rune]int32
}

func newLetters() letters {
	l := letters{more: map[rune]int32{}}
	for i := range l.ascii {
		l.ascii[i] = -1
	}
	return l
}

func (l *letters) set(r rune, id int32) {
	if r < 128 {
		l.ascii[r] = id
		return
	}
	l.more[r] = id
}

// get is the symbol of a character, -1 if there is none.
func (l *letters) get(r rune) int32 {
	if r < 128 {
		return l.ascii[r]
	}
	if id, ok := l.more[r]; ok {
		return id
	}
	return -1
}
