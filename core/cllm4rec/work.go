package cllm4rec

import (
	"fmt"
	"slices"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
)

// Work is how much a Fit trains on when no selection stops it early: an
// estimate from the training data alone, without a language model.
type Work struct {
	Passes    int   // of a tower over its documents
	Documents int64 // over all passes
	Steps     int64 // of the optimiser, over all passes
	Tokens    int64 // over all passes; roughly, see bytesPerToken
}

// What a token is taken for before there is a tokenizer: English in a vocabulary
// of some 50,000 subwords has about four bytes a token (a smaller vocabulary more
// tokens), and a prompt about eight tokens.
const (
	bytesPerToken = 4
	promptTokens  = 8
)

// Work estimates what a Fit on some training data does.
func (s Settings) Work(t data.Training) (total Work) {
	for _, w := range s.StageWork(t) {
		total = total.Plus(w)
	}
	return total
}

// StageWork is the work of each stage.
func (s Settings) StageWork(t data.Training) map[Stage]Work {
	work := map[Stage]Work{}
	for _, p := range Passes(s, s.sizes(t)) {
		if p.Size.Examples > 0 {
			work[p.Stage] = work[p.Stage].Plus(Work{Passes: 1, Documents: p.Size.Examples, Steps: p.Steps(), Tokens: p.Size.Tokens})
		}
	}
	return work
}

// sizes are those of the passes, before there is a tokenizer.
func (s Settings) sizes(t data.Training) Sizes {
	users := int64(len(usersWithItems(t.Interactions)))
	items := Size{users, users*promptTokens + int64(t.Interactions.Len())}
	return Sizes{contract.NextItem: items, contract.Multinomial: items, contract.NextWord: s.texts(t.Texts)}
}

// texts are what the content tower reads in a pass.
func (s Settings) texts(texts []data.Text) Size {
	var z Size
	for _, d := range texts {
		if !slices.Contains(s.Documents, d.Kind) || strings.TrimSpace(d.Text) == "" {
			continue
		}
		tokens := int64(promptTokens + len(d.Text)/bytesPerToken)
		if s.MaxLength > 0 {
			tokens = min(tokens, int64(s.MaxLength))
		}
		z.Examples++
		z.Tokens += tokens
	}
	return z
}

// Plus is the work of both.
func (w Work) Plus(o Work) Work {
	return Work{w.Passes + o.Passes, w.Documents + o.Documents, w.Steps + o.Steps, w.Tokens + o.Tokens}
}

// String is such as "2,064 documents in 122 steps, about 28,000 tokens".
func (w Work) String() string {
	return fmt.Sprintf("%s documents in %s steps, about %s tokens", thousands(w.Documents), thousands(w.Steps), thousands(rounded(w.Tokens)))
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// rounded keeps the first two digits.
func rounded(n int64) int64 {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}
