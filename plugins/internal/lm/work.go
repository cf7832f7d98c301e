package lm

import (
	"iter"

	"cllm4rec/core/contract"
)

// work is the batch of one step, packed as one or more parts that fit into
// memory one after another (micro-batches). Sums over the parts are those of the batch.
type work struct {
	cut
	parts    []*batch
	examples int
	tokens   int64
	targets  int64
}

// prepare packs batches.
func (p *pass) prepare(cuts iter.Seq2[cut, error]) iter.Seq2[*work, error] {
	return func(yield func(*work, error) bool) {
		for c, err := range cuts {
			var w *work
			if err == nil {
				w, err = p.pack(c)
			}
			if !yield(w, err) || err != nil {
				return
			}
		}
	}
}

func (p *pass) pack(c cut) (*work, error) { return p.layout.work(c, p.engine.micro.Load()) }

// work packs examples into parts of at most limit tokens, or of one example
// where that alone is longer; limit 0 is none.
func (l layout) work(c cut, limit int64) (*work, error) {
	w := &work{cut: c, examples: len(c.docs)}
	for at := 0; at < len(c.docs); {
		n := fitting(c.docs[at:], limit)
		b, err := l.pack(c.docs[at:at+n], c.first+int64(at))
		if err != nil {
			return nil, err
		}
		w.parts = append(w.parts, b)
		w.tokens += b.tokens
		w.targets += int64(len(b.targets))
		at += n
	}
	return w, nil
}

// fitting is the number of examples at the start that have at most limit tokens
// together, at least one.
func fitting(docs []contract.Example, limit int64) int {
	var tokens int64
	for i, d := range docs {
		if tokens += int64(len(d.Prompt) + len(d.Main)); limit > 0 && tokens > limit && i > 0 {
			return i
		}
	}
	return len(docs)
}

// lower halves what a micro-batch may hold, after the work ran out of memory, and
// gives back what libtorch keeps. It is false when every part is a single example
// already.
func (e *Engine) lower(w *work) bool {
	var most int64
	for _, b := range w.parts {
		if b.examples > 1 {
			most = max(most, b.tokens)
		}
	}
	if most == 0 {
		return false
	}
	e.micro.Store(max(1, most/2))
	return e.exec == nil || e.exec.EmptyCache() == nil
}
