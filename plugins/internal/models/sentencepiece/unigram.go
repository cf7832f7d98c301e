package sentencepiece

import (
	"math"
	"slices"
	"sync"

	"cllm4rec/core/contract"
)

// unknownPenalty is how much worse than the worst piece an unknown character is.
const unknownPenalty = 10

// farScore is where sentencepiece starts its sums anew, so that float32 does not run dry.
const farScore = 100_000

// lattice finds the path of pieces with the highest sum of scores (Viterbi): for
// each place the best path that ends there, going through the places from left to
// right and through the pieces from short to long. Of equal sums the first one
// stays: that of the path whose last piece is longest. F is the precision of the
// sums: float32 in sentencepiece, float64 in tokenizers.
type lattice[F float32 | float64] struct {
	pieces       *trie[F]
	unknown      int32 // -1: only byte pieces stand for what is unknown
	unknownScore F
	bytes        *bytePieces
	reset        bool // as sentencepiece at farScore
	named        bool // as tokenizers: a run of unknown text may itself be a piece's text
	buffers      sync.Pool
}

// best is the end of the best path to a place.
type best[F float32 | float64] struct {
	score F
	start int32 // where its last piece starts; -1: no path yet
	id    int32 // of its last piece
}

// Append appends the ids of normalised, escaped text; under 2 GiB.
func (l *lattice[F]) Append(dst []int32, text string) []int32 {
	if text == "" {
		return dst
	}
	text = valid(text)
	buffer, _ := l.buffers.Get().(*[]best[F])
	if buffer == nil {
		buffer = new([]best[F])
	}
	ends := slices.Grow((*buffer)[:0], len(text)+1)[:len(text)+1]
	for i := range ends {
		ends[i] = best[F]{start: -1}
	}
	l.search(ends, text)
	dst = l.trace(dst, ends, text)
	*buffer = ends
	l.buffers.Put(buffer)
	return dst
}

// search fills ends, whose place i says how the best path to byte i ends.
func (l *lattice[F]) search(ends []best[F], text string) {
	frontier := 0 // the farthest end so far
	for at := 0; at < len(text); {
		size := characterSize(text[at])
		if here := ends[at].score; l.reset && (here < -farScore || here > farScore) {
			rebase(ends[at:frontier+1], here)
		}
		far, single := l.extend(ends, text, at, size)
		if !single {
			offer(&ends[at+size], ends[at].score+l.unknownScore, at, l.unknown)
		}
		frontier = max(frontier, far, at+size)
		at += size
	}
}

// extend lets the pieces that start at a place compete. It returns the farthest
// end and whether one of them is that character alone.
func (l *lattice[F]) extend(ends []best[F], text string, at, size int) (far int, single bool) {
	here, nodes := ends[at].score, l.pieces.nodes
	for i, s := at, int32(0); i < len(text); {
		next := nodes[s].base ^ int32(text[i])
		n := &nodes[next]
		if n.parent != s {
			break
		}
		i, s = i+1, next
		if n.id >= 0 {
			offer(&ends[i], here+n.score, at, n.id)
			far, single = i, single || i-at == size
		}
	}
	return far, single
}

func offer[F float32 | float64](end *best[F], score F, start int, id int32) {
	if end.start < 0 || score > end.score {
		*end = best[F]{score, int32(start), id}
	}
}

// rebase subtracts a sum from the first end and all others that a path has reached.
func rebase[F float32 | float64](ends []best[F], by F) {
	for i := range ends {
		if i == 0 || ends[i].start >= 0 {
			ends[i].score -= by
		}
	}
}

// trace appends the ids of the best path, collected from its end.
func (l *lattice[F]) trace(dst []int32, ends []best[F], text string) []int32 {
	begin := len(dst)
	for at := int32(len(text)); at > 0; {
		e := ends[at]
		if e.id != l.unknown {
			dst, at = append(dst, e.id), e.start
			continue
		}
		start := e.start
		for start > 0 && ends[start].id == l.unknown {
			start = ends[start].start
		}
		dst, at = l.appendUnknown(dst, text[start:at]), start
	}
	slices.Reverse(dst[begin:])
	return dst
}

// appendUnknown appends, last one first, what stands for a run of unknown text.
func (l *lattice[F]) appendUnknown(dst []int32, run string) []int32 {
	if l.named {
		if id := l.pieces.find(run); id >= 0 {
			return append(dst, id)
		}
	}
	begin := len(dst)
	dst, ok := l.bytes.append(dst, run)
	if !ok {
		return append(dst, l.unknown)
	}
	slices.Reverse(dst[begin:])
	return dst
}

// characterSize is the length of a character by its first byte.
func characterSize(first byte) int {
	switch {
	case first < 0xc0:
		return 1
	case first < 0xe0:
		return 2
	case first < 0xf0:
		return 3
	}
	return 4
}

// keys are the pieces that may be found in text.
func (m *Model) keys(wanted func(Piece) bool) []key {
	var keys []key
	for id, p := range m.Pieces {
		if wanted(p) && !p.skipped() {
			keys = append(keys, key{p.Text, int32(id)})
		}
	}
	return keys
}

// newUnigram is sentencepiece's encoder: Model::EncodeOptimized of unigram_model.cc.
func (m *Model) newUnigram() *lattice[float32] {
	scores := make([]float32, len(m.Pieces))
	least := float32(math.MaxFloat32)
	for id, p := range m.Pieces {
		scores[id] = float32(p.Score)
		switch p.Kind {
		case Normal:
			least = min(least, scores[id])
		case UserDefined: // a bonus, so that it always wins
			scores[id] = float32(0.1 * float64(len(p.Text)-1))
		}
	}
	found := m.keys(func(p Piece) bool { return p.Kind == Normal || p.Kind == UserDefined })
	return &lattice[float32]{pieces: newTrie(found, scores), unknown: m.Unknown, unknownScore: least - unknownPenalty, bytes: m.bytes, reset: true}
}

// UnigramEncoder cuts text by the best path. It is safe for concurrent use.
type UnigramEncoder struct{ lattice lattice[float64] }

// NewUnigram is the "Unigram" model of a tokenizer.json: pieces in order of id
// (Kind is not read: there, every piece is found in text) and the id of the
// unknown piece. Errors: contract.ErrBadData; contract.ErrUnsupported for a model
// without an unknown piece, with which the reference fails on unknown text.
func NewUnigram(pieces []Piece, unknown int32, byteFallback bool) (*UnigramEncoder, error) {
	if unknown < 0 {
		return nil, contract.Errorf(contract.ErrUnsupported, "a Unigram model without unk_id is not supported")
	}
	if int(unknown) >= len(pieces) {
		return nil, contract.Errorf(contract.ErrBadData, "unk_id is %d with %d pieces", unknown, len(pieces))
	}
	keys, scores, least := make([]key, len(pieces)), make([]float64, len(pieces)), math.Inf(1)
	for id, p := range pieces {
		if math.IsNaN(p.Score) || math.IsInf(p.Score, 0) {
			return nil, contract.Errorf(contract.ErrBadData, "piece %d (%q) has score %v; expected a finite number", id, p.Text, p.Score)
		}
		keys[id], scores[id], least = key{p.Text, int32(id)}, p.Score, min(least, p.Score)
	}
	u := &UnigramEncoder{lattice[float64]{pieces: newTrie(keys, scores), unknown: unknown, unknownScore: least - unknownPenalty, named: true}}
	if byteFallback {
		u.lattice.bytes = findBytes(u.lattice.pieces.find)
	}
	return u, nil
}

// Append appends the ids of text that is already normalised and cut into words
// (under 2 GiB).
func (u *UnigramEncoder) Append(dst []int32, text string) []int32 {
	return u.lattice.Append(dst, text)
}
