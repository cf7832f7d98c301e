package cllm4rec

import (
	"fmt"
	"slices"
	"strings"

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

// load is the documents of one pass and their tokens.
type load struct{ documents, tokens int64 }

// Work estimates what a Fit on some training data does.
func (s Settings) Work(t data.Training) Work {
	users := int64(0)
	for u := range t.Interactions.Users {
		if len(t.Interactions.Row(u)) > 0 {
			users++
		}
	}
	items := load{users, users*promptTokens + int64(t.Interactions.Len())}
	texts := s.texts(t.Texts)
	var w Work
	w.add(s, s.Warmup.Epochs, texts)
	w.add(s, s.Pretrain.Epochs, items, texts)
	w.add(s, s.Finetune.Epochs, items, texts)
	return w
}

// texts are what the content tower reads in a pass.
func (s Settings) texts(documents []data.Text) load {
	var l load
	for _, d := range documents {
		if !slices.Contains(s.Documents, d.Kind) || strings.TrimSpace(d.Text) == "" {
			continue
		}
		tokens := int64(promptTokens + len(d.Text)/bytesPerToken)
		if s.MaxLength > 0 {
			tokens = min(tokens, int64(s.MaxLength))
		}
		l.documents++
		l.tokens += tokens
	}
	return l
}

func (w *Work) add(s Settings, epochs int, loads ...load) {
	for _, l := range loads {
		if l.documents == 0 {
			continue
		}
		batch, n := int64(s.Batch), int64(epochs)
		w.Passes += epochs
		w.Documents += n * l.documents
		w.Steps += n * ((l.documents + batch - 1) / batch)
		w.Tokens += n * l.tokens
	}
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
