package lm

import (
	"slices"

	"cllm4rec/core/contract"
)

// layout says how examples become arrays.
type layout struct {
	model               contract.ModelInfo
	words, users, items int
	begin               []int64 // words before every sequence (decoder-only)
	start               int64   // the word before every main text (encoder-decoder)
	whole               bool    // main texts are read to their end
	ranking             bool    // nothing is predicted but what comes after the last token
	objective           contract.Objective
	predictFirst        bool
	extended            bool // main tokens of every kind are predicted among all
	withTargets         bool // targets need their soft tokens for a prior
}

// rows are packed sequences of tokens.
type rows struct {
	starts   []int64 // sequence d is rows starts[d]..starts[d+1]
	words    []int64 // per row; 0 where a soft token stands
	softRows []int64 // rows with a soft token
	softAt   []int64 // per such row: its place in the batch's soft
	soft     []soft  // per such row, until index
}

func (r *rows) n() int64 { return int64(len(r.words)) }

// batch is some examples as arrays.
type batch struct {
	examples int
	tokens   int64 // of prompts and main texts
	text     rows  // of the decoder, or of the only stack
	source   rows  // of the encoder; none when decoder-only

	soft        []soft // distinct, users first
	users       int    // how many of soft are users
	occurrences map[soft]*count

	predictRows  []int64 // rows of text whose hidden state predicts
	targetStarts []int64 // targets of predictRows[i]: targets[targetStarts[i]:targetStarts[i+1]]
	targets      []int64 // item indices or word ids; token ids where extended
	extended     bool    // predicted among all tokens
	excluded     []exclusion
	offsets      []offset
}

// exclusion is an item that has no part in the softmax of a row of predictRows.
type exclusion struct{ row, item int64 }

// offset is what is added to the logits of a row of predictRows.
type offset struct {
	row int64
	contract.Offsets
}

// soft is a row of the user table or of the item table.
type soft struct {
	item bool
	row  int64
}

// count is how often a soft token occurs in texts and as a target.
type count struct{ text, target float32 }

// pack lays out examples; first is the number of the first one, for errors.
func (l layout) pack(docs []contract.Example, first int64) (*batch, error) {
	b := &batch{examples: len(docs), targetStarts: []int64{0}, extended: l.extended, occurrences: map[soft]*count{}}
	b.text.starts, b.source.starts = []int64{0}, []int64{0}
	for i, doc := range docs {
		if err := l.check(doc); err != nil {
			return nil, contract.Errorf(contract.ErrInvalid, "example %d: %v", first+int64(i), err)
		}
		l.add(b, doc)
	}
	b.index()
	return b, nil
}

// add appends one example. Main token k is predicted from row origin+k.
func (l layout) add(b *batch, doc contract.Example) {
	b.tokens += int64(len(doc.Prompt) + len(doc.Main))
	l.meet(b, doc.Prompt)
	l.meet(b, doc.Main)
	var origin int64
	if l.model.EncoderDecoder {
		l.append(&b.source, doc.Prompt)
		b.source.starts = append(b.source.starts, b.source.n())
		origin = b.text.n()
		b.text.words = append(b.text.words, l.start)
	} else {
		b.text.words = append(b.text.words, l.begin...)
		l.append(&b.text, doc.Prompt)
		origin = b.text.n() - 1
	}
	l.append(&b.text, l.read(b, doc.Main))
	b.text.starts = append(b.text.starts, b.text.n())
	l.addTargets(b, origin, doc)
}

// read is what of a main text must be read: its last token predicts nothing,
// unless what comes after it is asked for. No sequence becomes empty.
func (l layout) read(b *batch, main []int32) []int32 {
	empty := b.text.n() == b.text.starts[len(b.text.starts)-1]
	if l.ranking || l.whole || len(main) == 0 || empty && len(main) == 1 {
		return main
	}
	return main[:len(main)-1]
}

// token tells a word from a soft token.
func (l layout) token(id int32) (word int64, z soft, isSoft bool) {
	n := int(id) - l.words
	switch {
	case n < 0:
		return int64(id), soft{}, false
	case n < l.users:
		return 0, soft{row: int64(n)}, true
	}
	return 0, soft{item: true, row: int64(n - l.users)}, true
}

// meet counts the soft tokens of a text.
func (l layout) meet(b *batch, tokens []int32) {
	for _, id := range tokens {
		if _, z, isSoft := l.token(id); isSoft {
			b.occurrence(z).text++
		}
	}
}

func (l layout) append(r *rows, tokens []int32) {
	for _, id := range tokens {
		word, z, isSoft := l.token(id)
		if isSoft {
			r.softRows = append(r.softRows, r.n())
			r.soft = append(r.soft, z)
		}
		r.words = append(r.words, word)
	}
}

func (b *batch) occurrence(z soft) *count {
	c := b.occurrences[z]
	if c == nil {
		c = &count{}
		b.occurrences[z] = c
	}
	return c
}

// addTargets notes what is predicted.
func (l layout) addTargets(b *batch, origin int64, doc contract.Example) {
	if l.ranking {
		b.predictRows = append(b.predictRows, b.text.n()-1)
		return
	}
	if l.objective == contract.Multinomial {
		l.addMultinomial(b, origin, doc)
		return
	}
	shift := 0
	if l.objective == contract.NextItem && !l.extended {
		shift = l.words + l.users
	}
	for k, token := range doc.Main {
		if k == 0 && !l.predictFirst {
			continue
		}
		b.predictRows = append(b.predictRows, origin+int64(k))
		b.targets = append(b.targets, int64(int(token)-shift))
		b.targetStarts = append(b.targetStarts, int64(len(b.targets)))
	}
}

func (l layout) addMultinomial(b *batch, row int64, doc contract.Example) {
	if len(doc.Targets) == 0 {
		return
	}
	for _, j := range doc.Excluded {
		b.excluded = append(b.excluded, exclusion{int64(len(b.predictRows)), int64(j)})
	}
	if len(doc.Offsets.Items) > 0 {
		b.offsets = append(b.offsets, offset{int64(len(b.predictRows)), doc.Offsets})
	}
	b.predictRows = append(b.predictRows, row)
	for _, j := range doc.Targets {
		b.targets = append(b.targets, int64(j))
		if l.withTargets {
			b.occurrence(soft{item: true, row: int64(j)}).target++
		}
	}
	b.targetStarts = append(b.targetStarts, int64(len(b.targets)))
}

// index orders the distinct soft tokens, users first, and finds each row's.
func (b *batch) index() {
	for z := range b.occurrences {
		b.soft = append(b.soft, z)
	}
	slices.SortFunc(b.soft, func(x, y soft) int {
		if x.item != y.item {
			return map[bool]int{false: -1, true: 1}[x.item]
		}
		return int(x.row - y.row)
	})
	place := make(map[soft]int64, len(b.soft))
	for i, z := range b.soft {
		place[z] = int64(i)
		if !z.item {
			b.users++
		}
	}
	for _, r := range []*rows{&b.text, &b.source} {
		for _, z := range r.soft {
			r.softAt = append(r.softAt, place[z])
		}
		r.soft = nil
	}
}

// tableRows are the distinct rows of the user table and of the item table.
func (b *batch) tableRows() (users, items []int64) {
	for _, z := range b.soft {
		if z.item {
			items = append(items, z.row)
		} else {
			users = append(users, z.row)
		}
	}
	return users, items
}

// counts are the occurrences of each distinct soft token.
func (b *batch) counts(targets bool) []float32 {
	all := make([]float32, len(b.soft))
	for i, z := range b.soft {
		all[i] = b.occurrences[z].text
		if targets {
			all[i] += b.occurrences[z].target
		}
	}
	return all
}
