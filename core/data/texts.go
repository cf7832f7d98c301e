package data

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// TextCounts says what became of the dataset's texts. Read is the sum of the
// others.
type TextCounts struct {
	Read int `json:"read"`
	// Kept counts the texts that training gets, by kind.
	Kept map[contract.TextKind]int `json:"kept"`
	// Repeated texts are of an interaction, or of an item or user and a kind, that
	// has its one text already.
	Repeated int `json:"repeated"`
	// Withheld reviews speak about a (user, item) pair in validation or test.
	Withheld int `json:"withheld"`
	// Filtered texts name a user, an item or (reviews) a pair that the filters
	// removed.
	Filtered int `json:"filtered"`
	Empty    int `json:"empty"` // nothing but white space
}

// textReader turns the stream of texts into training texts.
type textReader struct {
	users, items *Vocabulary
	pairs        *pairParts
	repeats      map[uint64]*repeats
	place        map[textKey]int // of what has a text: position in texts
	texts        []Text
	// more are the texts, in the order of the stream, of pairs that are repeated
	// or have more than one; the place in texts waits for the choice.
	more   map[int][]string
	counts TextCounts
}

// textKey is what has one text.
type textKey struct {
	kind contract.TextKind
	pair uint64
}

// readTexts streams every text of d and keeps what training may see: one text
// per kept interaction, and one per item or user and kind.
func readTexts(ctx context.Context, d contract.Dataset, h *history, again map[uint64]*repeats, users, items *Vocabulary, progress contract.OnProgress) ([]Text, *TextCounts, error) {
	r := &textReader{
		users: users, items: items, pairs: h.pairParts(), repeats: again,
		place: map[textKey]int{}, more: map[int][]string{},
	}
	err := d.Texts(ctx, func(c *contract.TextChunk) error {
		if err := r.add(c); err != nil {
			return err
		}
		progress.Report(contract.Progress{Stage: "read", Done: int64(r.counts.Read), Unit: "text"})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	texts := r.finish()
	return texts, &r.counts, nil
}

func pairKey(user, item int32) uint64 { return uint64(uint32(user))<<32 | uint64(uint32(item)) }

func (r *textReader) add(c *contract.TextChunk) error {
	if err := checkTexts(c, r.counts.Read); err != nil {
		return err
	}
	r.counts.Read += c.Len()
	for i := range c.Len() {
		r.sort(c, i)
	}
	return nil
}

// checkTexts checks a chunk before which so many texts came.
func checkTexts(c *contract.TextChunk, before int) error {
	n := c.Len()
	if len(c.Kinds) != n || len(c.Users) != n || len(c.Items) != n {
		return contract.Errorf(contract.ErrBadData, "text %d: the chunk has %d texts, %d kinds, %d users and %d items",
			before+1, n, len(c.Kinds), len(c.Users), len(c.Items))
	}
	for i := range n {
		if err := checkText(c, i); err != nil {
			return contract.Errorf(contract.ErrBadData, "text %d: %v", before+i+1, err)
		}
	}
	return nil
}

// sort takes, withholds or drops one text.
func (r *textReader) sort(c *contract.TextChunk, i int) {
	user, hasUser := indexOrNone(r.users, c.Users[i])
	item, hasItem := indexOrNone(r.items, c.Items[i])
	part := inTrain
	if c.Kinds[i] == contract.TextReview {
		part = r.pairs.part(user, item)
	}
	switch {
	case !hasUser || !hasItem || part == inAll:
		r.counts.Filtered++
	case part != inTrain:
		r.counts.Withheld++
	default:
		r.take(Text{Kind: c.Kinds[i], User: user, Item: item, Text: c.Texts[i]})
	}
}

// take gives a text its place. Reviews of a pair with more than one row or text
// are gathered; of anything else the first text that is not blank stays.
func (r *textReader) take(t Text) {
	key := textKey{t.Kind, pairKey(t.User, t.Item)}
	at, again := r.place[key]
	blank := strings.TrimSpace(t.Text) == ""
	review := t.Kind == contract.TextReview
	switch {
	case again && review:
		if r.more[at] == nil {
			r.more[at] = []string{r.texts[at].Text}
		}
		r.more[at] = append(r.more[at], t.Text)
		r.counts.Repeated++
	case again:
		r.counts.Repeated++
	case blank && !review:
		r.counts.Empty++
	default:
		r.place[key] = len(r.texts)
		r.texts = append(r.texts, t)
	}
}

// finish chooses where there is a choice, and leaves blank reviews out.
func (r *textReader) finish() []Text {
	r.counts.Kept = map[contract.TextKind]int{}
	for at, texts := range r.more {
		t := &r.texts[at]
		t.Text = r.repeats[pairKey(t.User, t.Item)].text(texts)
	}
	return slices.DeleteFunc(r.texts, func(t Text) bool {
		if strings.TrimSpace(t.Text) == "" {
			r.counts.Empty++
			return true
		}
		r.counts.Kept[t.Kind]++
		return false
	})
}

// indexOrNone finds an id; "" is -1, which is fine, and an id that the filters
// removed is not.
func indexOrNone(v *Vocabulary, id string) (int32, bool) {
	if id == "" {
		return -1, true
	}
	return v.Index(id)
}

// checkText wants a known kind, the user and item that the kind has and no
// other, and UTF-8.
func checkText(c *contract.TextChunk, i int) error {
	kind := c.Kinds[i]
	if !slices.Contains(contract.TextKinds(), kind) {
		return unknownKind(kind)
	}
	wantUser := kind == contract.TextReview || kind == contract.TextBiography
	wantItem := kind != contract.TextBiography
	if (c.Users[i] != "") != wantUser || (c.Items[i] != "") != wantItem {
		return fmt.Errorf("a %s with user %q and item %q (a review has both, a biography a user, the others an item)", kind, c.Users[i], c.Items[i])
	}
	if !utf8.ValidString(c.Texts[i]) {
		return fmt.Errorf("the text of the %s of user %q and item %q is not UTF-8", kind, c.Users[i], c.Items[i])
	}
	return nil
}

func unknownKind(kind contract.TextKind) error {
	var known []string
	for _, k := range contract.TextKinds() {
		known = append(known, string(k))
	}
	return fmt.Errorf("unknown kind %q, expected one of %s (nearest: %q)", kind, strings.Join(known, ", "), schema.Nearest(string(kind), known))
}
