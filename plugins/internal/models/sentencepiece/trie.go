package sentencepiece

import (
	"math"
	"slices"
	"strings"
)

// trie is a double array over the bytes of keys: the child of node s along byte
// b is node s.base^b if that node's parent is s. Node 0 is the root.
type trie[F float32 | float64] struct {
	nodes []node[F]
}

// node carries what a search needs at it, so that each step touches one place.
type node[F float32 | float64] struct {
	base, parent int32 // parent -1: free
	id           int32 // of the key that ends here; -1 if none does
	score        F     // of that key
}

// key is a text to be found.
type key struct {
	text string
	id   int32
}

// span is a node still to be filled: keys[low:high] share their first depth bytes.
type span struct {
	node             int32
	low, high, depth int
}

// newTrie builds the array. Of keys that stand twice the last one counts.
func newTrie[F float32 | float64](keys []key, scores []F) *trie[F] {
	slices.SortStableFunc(keys, func(a, b key) int { return strings.Compare(a.text, b.text) })
	b := &builder[F]{trie: &trie[F]{}, keys: keys, scores: scores}
	b.grow()
	b.take(0, math.MaxInt32) // the root is no child of any node
	for queue := []span{{high: len(keys)}}; len(queue) > 0; {
		s := queue[len(queue)-1]
		queue = b.fill(queue[:len(queue)-1], s)
	}
	return b.trie
}

// child is the node along a byte, -1 if there is none.
func (t *trie[F]) child(at int32, b byte) int32 {
	next := t.nodes[at].base ^ int32(b)
	if t.nodes[next].parent != at {
		return -1
	}
	return next
}

// longest is the length of the longest key that text begins with; 0 if none does.
func (t *trie[F]) longest(text string) int {
	longest := 0
	for at, i := int32(0), 0; i < len(text); i++ {
		if at = t.child(at, text[i]); at < 0 {
			break
		}
		if t.nodes[at].id >= 0 {
			longest = i + 1
		}
	}
	return longest
}

// find is the id of a key, -1 if there is none.
func (t *trie[F]) find(text string) int32 {
	at := int32(0)
	for i := range len(text) {
		if at = t.child(at, text[i]); at < 0 {
			return -1
		}
	}
	return t.nodes[at].id
}

// blocks bounds how many of the last blocks of 256 nodes are searched for room.
const blocks = 16

// builder places nodes. Only free nodes of the last blocks are looked at, so
// that building takes time linear in the number of nodes.
type builder[F float32 | float64] struct {
	trie   *trie[F]
	keys   []key
	scores []F
	first  int32 // no free node before it
}

// fill gives a node its id and its children.
func (b *builder[F]) fill(queue []span, s span) []span {
	for ; s.low < s.high && len(b.keys[s.low].text) == s.depth; s.low++ {
		b.end(s.node, b.keys[s.low].id)
	}
	children := b.children(s)
	if len(children) == 0 {
		return queue
	}
	base := b.room(children)
	b.trie.nodes[s.node].base = base
	for _, c := range children {
		c.node = base ^ int32(b.keys[c.low].text[s.depth])
		b.take(c.node, s.node)
		queue = append(queue, c)
	}
	return queue
}

func (b *builder[F]) end(at, id int32) {
	b.trie.nodes[at].id = id
	if b.scores != nil {
		b.trie.nodes[at].score = b.scores[id]
	}
}

func (b *builder[F]) children(s span) []span {
	var children []span
	for i := s.low; i < s.high; i++ {
		if i == s.low || b.keys[i].text[s.depth] != b.keys[i-1].text[s.depth] {
			children = append(children, span{low: i, depth: s.depth + 1})
		}
		children[len(children)-1].high = i + 1
	}
	return children
}

// room finds a base from which all children are free.
func (b *builder[F]) room(children []span) int32 {
	depth := children[0].depth - 1
	label := int32(b.keys[children[0].low].text[depth])
	for at := b.first; at < int32(len(b.trie.nodes)); at++ {
		if b.free(at^label, children, depth) {
			return at ^ label
		}
	}
	base := int32(len(b.trie.nodes))
	b.grow()
	return base
}

func (b *builder[F]) free(base int32, children []span, depth int) bool {
	for _, c := range children {
		if b.trie.nodes[base^int32(b.keys[c.low].text[depth])].parent >= 0 {
			return false
		}
	}
	return true
}

func (b *builder[F]) grow() {
	for range 256 {
		b.trie.nodes = append(b.trie.nodes, node[F]{parent: -1, id: -1})
	}
	b.first = max(b.first, int32(len(b.trie.nodes))-256*blocks)
}

func (b *builder[F]) take(at, parent int32) {
	b.trie.nodes[at].parent = parent
	for b.first < int32(len(b.trie.nodes)) && b.trie.nodes[b.first].parent >= 0 {
		b.first++
	}
}
