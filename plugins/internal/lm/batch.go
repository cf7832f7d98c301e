package lm

import (
	"slices"

	"cllm4rec/core/contract"
)

// layout says how documents become arrays.
type layout struct {
	words, users, items int
	maxLength           int
	objective           contract.Objective
	predictFirst        bool
	withTargets         bool // targets need their soft tokens for a prior
}

// batch is some documents as arrays: packed rows, their words, the soft tokens
// that stand between them, and the rows that predict.
type batch struct {
	documents int
	tokens    int64
	starts    []int64 // document d is rows starts[d]..starts[d+1]
	words     []int64 // per row; 0 where a soft token stands

	softRows    []int64 // rows with a soft token
	softAt      []int64 // per such row: its place in soft
	soft        []soft  // distinct, users first
	users       int     // how many of soft are users
	occurrences map[soft]*count

	predictRows  []int64 // rows whose hidden state predicts
	targetStarts []int64 // targets of predictRows[i]: targets[targetStarts[i]:targetStarts[i+1]]
	targets      []int64 // item indices or word ids
}

// soft is a row of the user table or of the item table.
type soft struct {
	item bool
	row  int64
}

// count is how often a soft token occurs in texts and as a target.
type count struct{ text, target float32 }

// pack lays out documents; first is the number of the first one, for errors.
func (l layout) pack(docs []contract.Document, first int64) (*batch, error) {
	b := &batch{documents: len(docs), starts: []int64{0}, targetStarts: []int64{0}, occurrences: map[soft]*count{}}
	rows := []soft{} // per softRows
	for i, doc := range docs {
		if err := l.check(doc); err != nil {
			return nil, contract.Errorf(contract.ErrInvalid, "document %d: %v", first+int64(i), err)
		}
		rows = l.addTokens(b, rows, doc.Prompt)
		rows = l.addTokens(b, rows, doc.Main)
		l.addTargets(b, doc)
		b.starts = append(b.starts, int64(len(b.words)))
	}
	b.tokens = int64(len(b.words))
	b.index(rows)
	return b, nil
}

func (l layout) addTokens(b *batch, rows []soft, tokens []int32) []soft {
	for _, token := range tokens {
		id := int(token)
		if id < l.words {
			b.words = append(b.words, int64(id))
			continue
		}
		z := soft{item: id >= l.words+l.users, row: int64(id - l.words)}
		if z.item {
			z.row -= int64(l.users)
		}
		b.softRows = append(b.softRows, int64(len(b.words)))
		b.words = append(b.words, 0)
		rows = append(rows, z)
		b.occurrence(z).text++
	}
	return rows
}

func (b *batch) occurrence(z soft) *count {
	c := b.occurrences[z]
	if c == nil {
		c = &count{}
		b.occurrences[z] = c
	}
	return c
}

// addTargets notes what is predicted; the document's rows begin at the last start.
func (l layout) addTargets(b *batch, doc contract.Document) {
	start := b.starts[len(b.starts)-1]
	if l.objective == contract.Multinomial {
		l.addMultinomial(b, start+int64(len(doc.Prompt))-1, doc.Targets)
		return
	}
	shift := 0
	if l.objective == contract.NextItem {
		shift = l.words + l.users
	}
	for k, token := range doc.Main {
		if k == 0 && !l.predictFirst {
			continue
		}
		b.predictRows = append(b.predictRows, start+int64(len(doc.Prompt)+k-1))
		b.targets = append(b.targets, int64(int(token)-shift))
		b.targetStarts = append(b.targetStarts, int64(len(b.targets)))
	}
}

func (l layout) addMultinomial(b *batch, row int64, targets []int32) {
	if len(targets) == 0 {
		return
	}
	b.predictRows = append(b.predictRows, row)
	for _, j := range targets {
		b.targets = append(b.targets, int64(j))
		if l.withTargets {
			b.occurrence(soft{item: true, row: int64(j)}).target++
		}
	}
	b.targetStarts = append(b.targetStarts, int64(len(b.targets)))
}

// index orders the distinct soft tokens, users first, and finds each row's.
func (b *batch) index(rows []soft) {
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
	for _, z := range rows {
		b.softAt = append(b.softAt, place[z])
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
