package tokenizer

import "slices"

// pair is two neighbouring tokens.
type pair struct{ left, right int32 }

// merge is what becomes of a pair; a lower rank goes first.
type merge struct{ rank, id int32 }

// word is a word on its way through the merges: a linked list over the places
// of its first tokens, so that joining two tokens moves nothing.
type word struct {
	ids        []int32 // -1 where a token was joined to the one before it
	prev, next []int32 // -1 at the ends
	queue      []candidate
}

// candidate is a pair that may be merged: where it starts and what it gives.
type candidate struct{ rank, at, id int32 }

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// merge appends what becomes of the tokens of a word.
func (b *byteLevel) merge(dst, ids []int32) []int32 {
	if len(ids) == 0 {
		return dst
	}
	w := b.newWord(ids)
	for len(w.queue) > 0 {
		c := w.pop()
		if right, ok := w.pairAt(c.at); ok && b.merges[right] == (merge{c.rank, c.id}) {
			w.join(c)
			b.offer(w, w.prev[c.at])
			b.offer(w, c.at)
		}
	}
	for at := int32(0); at >= 0; at = w.next[at] {
		dst = append(dst, w.ids[at])
	}
	return dst
}

func (b *byteLevel) newWord(ids []int32) *word {
	n := len(ids)
	links := make([]int32, 2*n)
	w := &word{ids: ids, prev: links[:n:n], next: links[n:], queue: make([]candidate, 0, n)}
	for i := range n {
		w.prev[i], w.next[i] = int32(i-1), int32(i+1)
	}
	w.next[n-1] = -1
	for i := range n - 1 {
		b.offer(w, int32(i))
	}
	return w
}

// pairAt is the pair that starts at a place, if a token still starts there.
func (w *word) pairAt(at int32) (pair, bool) {
	if at < 0 || w.ids[at] < 0 || w.next[at] < 0 {
		return pair{}, false
	}
	return pair{w.ids[at], w.ids[w.next[at]]}, true
}

// offer queues the pair at a place if the vocabulary joins it.
func (b *byteLevel) offer(w *word, at int32) {
	p, ok := w.pairAt(at)
	if !ok {
		return
	}
	if m, ok := b.merges[p]; ok {
		w.push(candidate{m.rank, at, m.id})
	}
}

func (w *word) join(c candidate) {
	gone := w.next[c.at]
	w.ids[c.at], w.ids[gone] = c.id, -1
	w.next[c.at] = w.next[gone]
	if after := w.next[gone]; after >= 0 {
		w.prev[after] = c.at
	}
}

// push and pop keep the queue as a binary heap; container/heap would box each candidate.
func (w *word) push(c candidate) {
	w.queue = append(w.queue, c)
	for i := len(w.queue) - 1; i > 0; {
		up := (i - 1) / 2
		if !w.queue[i].before(w.queue[up]) {
			return
		}
		w.queue[i], w.queue[up] = w.queue[up], w.queue[i]
		i = up
	}
}

func (w *word) pop() candidate {
	top, end := w.queue[0], len(w.queue)-1
	w.queue[0] = w.queue[end]
	w.queue = slices.Delete(w.queue, end, end+1)
	for i := 0; 2*i+1 < end; {
		least := 2*i + 1
		if right := least + 1; right < end && w.queue[right].before(w.queue[least]) {
			least = right
		}
		if !w.queue[least].before(w.queue[i]) {
			break
		}
		w.queue[i], w.queue[least] = w.queue[least], w.queue[i]
		i = least
	}
	return top
}
