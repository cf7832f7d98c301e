package tokenizer

import (
	"container/heap"
	"iter"
	"maps"
	"slices"

	"cllm4rec/core/contract"
)

// Train makes a byte-level vocabulary of exactly size tokens from texts: the 256
// bytes (in the order of their spelling), then merges by falling count of the
// pair (ties: smaller ids first, as Hugging Face tokenizers has it), and the
// special tokens last. The same texts in any order give the same vocabulary.
// ErrInvalid when size has no room for the bytes and the special tokens, or when
// the texts have too few different pairs for it.
func Train(texts iter.Seq[string], size int, special ...string) (*Tokenizer, error) {
	ordinary := size - len(special)
	if ordinary < 256 || size > maxID {
		return nil, contract.Errorf(contract.ErrInvalid, "vocabulary of %d tokens: expected %d to %d (256 bytes and %d special tokens)",
			size, 256+len(special), maxID, len(special))
	}
	t := newTrainer(texts)
	for len(t.tokens) < ordinary {
		if !t.mergeBest() {
			return nil, contract.Errorf(contract.ErrInvalid, "vocabulary of %d tokens: the texts are only enough for %d", size, len(t.tokens)+len(special))
		}
	}
	return t.source(special).build()
}

// trainer holds every distinct word as tokens, and where each pair stands.
type trainer struct {
	tokens []string         // id -> token
	ids    map[string]int32 // token -> id
	merges []mergeLine
	words  [][]int32
	counts []int // of words
	pairs  map[pair]*pairCount
	queue  pairQueue
}

// pairCount is how often a pair stands in the texts, and in which words it may stand.
type pairCount struct {
	count int
	words map[int32]struct{}
}

// queued is a pair with its count at the time of queueing; an outdated one is queued again.
type queued struct {
	pair  pair
	count int
}

type pairQueue []queued

func newTrainer(texts iter.Seq[string]) *trainer {
	t := &trainer{ids: map[string]int32{}, pairs: map[pair]*pairCount{}}
	letters := newAlphabet()
	for _, r := range slices.Sorted(slices.Values(letters.runes[:])) {
		t.id(string(r))
	}
	counts := countWords(texts)
	for i, text := range slices.Sorted(maps.Keys(counts)) {
		var word []int32
		for _, r := range letters.spell(text) {
			word = append(word, t.ids[string(r)])
		}
		t.words, t.counts = append(t.words, word), append(t.counts, counts[text])
		for k := range len(word) - 1 {
			t.add(pair{word[k], word[k+1]}, int32(i), 1)
		}
	}
	for p, c := range t.pairs {
		t.queue = append(t.queue, queued{p, c.count})
	}
	heap.Init(&t.queue)
	return t
}

func countWords(texts iter.Seq[string]) map[string]int {
	counts := map[string]int{}
	for text := range texts {
		for i := 0; i < len(text); {
			end := gpt2Word(text, i)
			counts[text[i:end]]++
			i = end
		}
	}
	return counts
}

// id is the id of a token, a new one if it is new.
func (t *trainer) id(token string) int32 {
	id, ok := t.ids[token]
	if !ok {
		id = int32(len(t.tokens))
		t.ids[token], t.tokens = id, append(t.tokens, token)
	}
	return id
}

// add counts a pair times (or -times) the occurrences of a word.
func (t *trainer) add(p pair, word int32, times int) {
	c := t.pairs[p]
	if c == nil {
		c = &pairCount{words: map[int32]struct{}{}}
		t.pairs[p] = c
	}
	c.count += times * t.counts[word]
	if times > 0 {
		c.words[word] = struct{}{}
	}
}

// mergeBest joins the most frequent pair everywhere; false when none is left.
func (t *trainer) mergeBest() bool {
	for t.queue.Len() > 0 {
		top := heap.Pop(&t.queue).(queued)
		switch now := t.pairs[top.pair]; {
		case now == nil || now.count < 1:
		case now.count != top.count:
			heap.Push(&t.queue, queued{top.pair, now.count})
		default:
			t.merge(top.pair, now.words)
			return true
		}
	}
	return false
}

func (t *trainer) merge(p pair, words map[int32]struct{}) {
	left, right := t.tokens[p.left], t.tokens[p.right]
	joined := t.id(left + right)
	t.merges = append(t.merges, mergeLine{left: left, right: right, line: len(t.merges) + 1})
	fresh := map[pair]struct{}{}
	for word := range words {
		t.mergeIn(word, p, joined, fresh)
	}
	delete(t.pairs, p)
	for q := range fresh {
		if c := t.pairs[q]; c != nil && c.count > 0 {
			heap.Push(&t.queue, queued{q, c.count})
		}
	}
}

// mergeIn joins the pair in one word, from the left, and counts its neighbours anew.
func (t *trainer) mergeIn(word int32, p pair, joined int32, fresh map[pair]struct{}) {
	tokens := t.words[word]
	kept := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		if i+1 == len(tokens) || tokens[i] != p.left || tokens[i+1] != p.right {
			kept = append(kept, tokens[i])
			continue
		}
		if n := len(kept); n > 0 {
			t.replace(pair{kept[n-1], p.left}, pair{kept[n-1], joined}, word, fresh)
		}
		if i+2 < len(tokens) {
			t.replace(pair{p.right, tokens[i+2]}, pair{joined, tokens[i+2]}, word, fresh)
		}
		kept = append(kept, joined)
		i++
	}
	t.words[word] = kept
}

func (t *trainer) replace(old, fresh pair, word int32, all map[pair]struct{}) {
	t.add(old, word, -1)
	t.add(fresh, word, 1)
	all[fresh] = struct{}{}
}

// source gives the special tokens the ids after all others.
func (t *trainer) source(special []string) *source {
	s := &source{vocabFile: VocabName, mergesFile: MergesName, vocab: t.ids, merges: t.merges, cutters: []cutter{scanner(gpt2Word)}, pair: true}
	for i, text := range special {
		s.added = append(s.added, addedToken{ID: int32(len(t.tokens) + i), Text: text, Special: true})
	}
	return s
}

// The methods of heap.Interface: the most frequent pair first, then smaller ids.

func (q pairQueue) Len() int { return len(q) }

func (q pairQueue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.count != b.count {
		return a.count > b.count
	}
	return a.pair.left < b.pair.left || a.pair.left == b.pair.left && a.pair.right < b.pair.right
}

func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is called by container/heap.
func (q *pairQueue) Push(x any) { *q = append(*q, x.(queued)) }

// Pop is called by container/heap.
func (q *pairQueue) Pop() any {
	end := len(*q) - 1
	last := (*q)[end]
	*q = (*q)[:end]
	return last
}
