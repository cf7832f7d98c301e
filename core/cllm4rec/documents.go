package cllm4rec

import (
	"context"
	"math/rand/v2"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/prompt"
)

// source makes the documents of one pass one after the other.
type source struct {
	order []int // of the subjects: users or texts
	build func(k int) prompt.Built
	// beside, where it is set, adds to the documents of some subjects what is asked for
	// together.
	beside func(ctx context.Context, subjects []int, docs []contract.Example) error
}

// Tally counts what a source gave.
type Tally struct {
	Built     int `json:"built"`
	Skipped   int `json:"skipped"` // with nothing to predict
	Truncated int `json:"truncated"`
}

// seen is the number of subjects that were looked at.
func (t Tally) seen() int { return t.Built + t.Skipped }

// add counts a document and reports whether it is to be trained on.
func (t *Tally) add(b prompt.Built) bool {
	if b.Empty {
		t.Skipped++
		return false
	}
	t.Built++
	if b.Cut > 0 {
		t.Truncated++
	}
	return true
}

// chunkDocuments is how many documents travel together.
const chunkDocuments = 256

// documents streams what the tally has not seen yet, at most so many documents, and
// counts into it. Subjects with nothing to predict that follow are counted too, so
// that a source has either a document left or nothing.
func (s source) documents(ctx context.Context, t *Tally, most int) contract.Examples {
	last := t.Built + most
	return func(yield func([]contract.Example, error) bool) {
		for subjects := range slices.Chunk(s.order[t.seen():], chunkDocuments) {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			chunk, of, more := s.chunk(subjects, t, last)
			if s.beside != nil && len(chunk) > 0 {
				if err := s.beside(ctx, of, chunk); err != nil {
					yield(nil, err)
					return
				}
			}
			if len(chunk) > 0 && !yield(chunk, nil) || !more {
				return
			}
		}
	}
}

// chunk makes the documents of some subjects until the tally has built the last one; of
// are those that have one, and more is whether the last was not reached.
func (s source) chunk(subjects []int, t *Tally, last int) (chunk []contract.Example, of []int, more bool) {
	for _, k := range subjects {
		b := s.build(k)
		if !b.Empty && t.Built == last {
			return chunk, of, false
		}
		if t.add(b) {
			chunk, of = append(chunk, b.Example), append(of, k)
		}
	}
	return chunk, of, true
}

// left reports whether there are subjects that the tally has not seen.
func (s source) left(t Tally) bool { return t.seen() < len(s.order) }

// order is the order of n documents in a pass.
func (f *fitter) order(n int, p Pass) []int {
	order := make([]int, n)
	for k := range order {
		order[k] = k
	}
	if f.settings.DocumentOrder == DocumentsShuffled {
		shuffle(order, stream(f.in.Seed, forDocumentOrder, p.key()))
	}
	return order
}

// content documents are the texts behind their prompts.
func (f *fitter) content(p Pass) source {
	return source{order: f.order(f.texts.len(), p), build: func(k int) prompt.Built {
		a := f.texts.about[k]
		return f.build.Text(a.kind, a.user, a.item, f.texts.text(k))
	}}
}

// histories are documents of the users: in pretraining `<user_i> has interacted with |
// <item_a> ...`, with the items reordered (paper: stochastic reordering), later a masked
// history that asks for what was held out; joint training adds what another method says.
func (f *fitter) histories(p Pass) source {
	s := source{order: f.order(len(f.users), p), build: func(k int) prompt.Built {
		u := f.users[k]
		return f.settings.document(p.Stage, f.build, u, f.in.Training.Interactions.Row(int(u)), f.historyStream(p, u))
	}}
	if p.Stage == StageJoint {
		s.beside = func(ctx context.Context, subjects []int, docs []contract.Example) error {
			users := make([]int32, len(subjects))
			for i, k := range subjects {
				users[i] = f.users[k]
			}
			return f.offsets(ctx, users, docs)
		}
	}
	return s
}

// document is one that a stage trains on the collaborative tower.
func (s Settings) document(name Stage, build *prompt.Builder, user int32, items []int32, rng *rand.Rand) prompt.Built {
	if name == StagePretrain {
		return build.Collaborative(user, arrange(s.ItemOrder, items, rng))
	}
	history, held := mask(arrange(s.FinetuneOrder, items, rng), s.Finetune.share(rng), rng)
	if s.Targets == TargetsAll {
		held = items
	}
	b := build.Finetuning(user, history, held)
	if s.Finetune.Exclude {
		b.Example.Excluded = excluded(build.Items(b.Example.Prompt), held)
	}
	return b
}

// excluded are items that are no targets, each once.
func excluded(items, targets []int32) []int32 {
	items = slices.DeleteFunc(items, func(j int32) bool { return slices.Contains(targets, j) })
	slices.Sort(items)
	return slices.Compact(items)
}

// share is the share of a history that is held out; nothing is drawn where it is given.
func (s FinetuneSettings) share(rng *rand.Rand) float64 {
	if s.MaskTo == 0 {
		return s.Mask
	}
	return s.Mask + (s.MaskTo-s.Mask)*rng.Float64()
}

// historyStream is what decides about a user's history in a pass.
func (f *fitter) historyStream(p Pass, user int32) *rand.Rand {
	return stream(f.in.Seed, forHistory, p.key(), uint64(user))
}

// arrange is items in an order, as a copy.
func arrange(o Order, items []int32, rng *rand.Rand) []int32 {
	items = slices.Clone(items)
	switch o {
	case OrderShuffled:
		shuffle(items, rng)
	case OrderIndex:
		slices.Sort(items)
	case OrderHistory:
	}
	return items
}

func shuffle[T any](s []T, rng *rand.Rand) {
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// mask holds out a share of a history: int(share*n) items as in src/libs/
// data.py, at least one and, of several, at most all but one. The only item of a
// user is held out, as there, and the question then follows an empty history.
// History is changed: prompt.Masked stands where an item was.
func mask(history []int32, share float64, rng *rand.Rand) (masked, held []int32) {
	n := len(history)
	count := max(1, min(int(share*float64(n)), n-1))
	positions := rng.Perm(n)[:count]
	slices.Sort(positions)
	for _, at := range positions {
		held = append(held, history[at])
		history[at] = prompt.Masked
	}
	return history, held
}
