package cllm4rec

import (
	"context"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/prompt"
)

// corpus holds the texts that the content tower reads, as word ids.
type corpus struct {
	about []about
	ptr   []int   // text k is words[ptr[k]:ptr[k+1]]
	words []int32 // of all texts
}

// about says what a text is about; user or item is -1 where its kind has none.
type about struct {
	kind       contract.TextKind
	user, item int32
}

func (c *corpus) len() int { return len(c.about) }

// text is the word ids of text k.
func (c *corpus) text(k int) []int32 { return c.words[c.ptr[k]:c.ptr[k+1]:c.ptr[k+1]] }

// encodeBytes is about how much text one Encode call gets.
const encodeBytes = 1 << 20

// checkTexts reports whether there is something to read and whether every text
// has the user and the item that its kind needs.
func (f *fitter) checkTexts() error {
	if !f.settings.Content {
		return nil
	}
	n := 0
	for i, d := range f.in.Training.Texts {
		if !f.reads(d) {
			continue
		}
		n++
		needsUser, needsItem := subjects(d.Kind)
		if needsUser && (d.User < 0 || int(d.User) >= f.in.Users) || needsItem && (d.Item < 0 || int(d.Item) >= f.in.Items) {
			return contract.Errorf(contract.ErrInvalid, "document %d (%s) is about user %d and item %d, outside %d users and %d items",
				i, d.Kind, d.User, d.Item, f.in.Users, f.in.Items)
		}
	}
	if n == 0 {
		return contract.Errorf(contract.ErrInvalid, "the training data have no text of the kinds %v that the content tower is to read: choose other documents or set content: false", f.settings.Documents)
	}
	return nil
}

// subjects tells whom a kind of text is about.
func subjects(kind contract.TextKind) (user, item bool) {
	user = kind == contract.TextReview || kind == contract.TextBiography
	return user, kind != contract.TextBiography
}

// reads reports whether the content tower reads a document; a blank one has
// nothing to read.
func (f *fitter) reads(d data.Text) bool {
	return f.settings.Content && slices.Contains(f.settings.Documents, d.Kind) && prompt.MainText(d.Text) != ""
}

// encodeTexts turns every text into words once, in the order of the data. No
// text is kept longer than any sequence can be, plus the token that shows that
// it was cut.
func (f *fitter) encodeTexts(ctx context.Context, length int) error {
	f.texts = &corpus{ptr: []int{0}}
	var texts []string
	for _, d := range f.in.Training.Texts {
		switch {
		case f.reads(d):
			f.texts.about = append(f.texts.about, about{d.Kind, d.User, d.Item})
			texts = append(texts, prompt.MainText(d.Text))
		case f.settings.Content && prompt.MainText(d.Text) == "":
			f.report.Texts.Blank++
		}
	}
	for len(texts) > 0 {
		n := fitting(texts, encodeBytes)
		if err := f.encodeBatch(ctx, texts[:n], length+1); err != nil {
			return err
		}
		texts = texts[n:]
	}
	f.report.Texts.Count, f.report.Texts.Words = f.texts.len(), len(f.texts.words)
	return nil
}

// fitting is how many of the first texts have about limit bytes: at least one.
func fitting(texts []string, limit int) int {
	n := 0
	for size := 0; n < len(texts) && size < limit; n++ {
		size += len(texts[n])
	}
	return n
}

func (f *fitter) encodeBatch(ctx context.Context, texts []string, longest int) error {
	ids, err := f.backbone.Encode(ctx, texts)
	if err != nil {
		return err
	}
	if err := prompt.CheckWords(texts, ids, f.info.VocabSize); err != nil {
		return err
	}
	for _, words := range ids {
		f.texts.words = append(f.texts.words, words[:min(len(words), longest)]...)
		f.texts.ptr = append(f.texts.ptr, len(f.texts.words))
	}
	f.in.Progress.Report(contract.Progress{Stage: "encode texts", Done: int64(len(f.texts.ptr) - 1), Unit: "text", Loss: math.NaN()})
	return nil
}
