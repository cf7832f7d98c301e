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

// DocumentCounts tells what became of the dataset's texts.
type TextCounts struct {
	Read int `json:"read"`
	// Kept counts the documents that training gets, by kind.
	Kept map[contract.TextKind]int `json:"kept"`
	// Withheld reviews speak about a (user, item) pair in validation or test.
	Withheld int `json:"withheld"`
	// Filtered documents name a user, an item or (reviews) a pair that the
	// filters removed.
	Filtered int `json:"filtered"`
	Empty    int `json:"empty"` // nothing but white space
}

// documentReader turns the stream of texts into training documents.
type documentReader struct {
	history      *history
	users, items *Vocabulary
	part         map[uint64]partLabel // of each (user, item) pair
	documents    []Text
	counts       TextCounts
}

// readDocuments streams every text of d and keeps what training may see.
func readDocuments(ctx context.Context, d contract.Dataset, h *history, users, items *Vocabulary) ([]Text, *TextCounts, error) {
	r := &documentReader{history: h, users: users, items: items, part: h.partOfPairs()}
	r.counts.Kept = map[contract.TextKind]int{}
	if err := d.Texts(ctx, r.add); err != nil {
		return nil, nil, err
	}
	return r.documents, &r.counts, nil
}

func (h *history) partOfPairs() map[uint64]partLabel {
	parts := make(map[uint64]partLabel, h.Len())
	for u := range h.Users {
		for at := h.Ptr[u]; at < h.Ptr[u+1]; at++ {
			parts[pairKey(int32(u), h.Item[at])] = h.part[at]
		}
	}
	return parts
}

func pairKey(user, item int32) uint64 { return uint64(uint32(user))<<32 | uint64(uint32(item)) }

func (r *documentReader) add(c *contract.TextChunk) error {
	n := c.Len()
	if len(c.Kinds) != n || len(c.Users) != n || len(c.Items) != n {
		return contract.Errorf(contract.ErrBadData, "document %d: the chunk has %d texts, %d kinds, %d users and %d items",
			r.counts.Read+1, n, len(c.Kinds), len(c.Users), len(c.Items))
	}
	for i := range n {
		r.counts.Read++
		if err := checkDocument(c, i); err != nil {
			return contract.Errorf(contract.ErrBadData, "document %d: %v", r.counts.Read, err)
		}
		r.sort(c, i)
	}
	return nil
}

// sort keeps, withholds or drops one document.
func (r *documentReader) sort(c *contract.TextChunk, i int) {
	user, hasUser := indexOrNone(r.users, c.Users[i])
	item, hasItem := indexOrNone(r.items, c.Items[i])
	part := inTrain
	if c.Kinds[i] == contract.TextReview {
		part = r.part[pairKey(user, item)] // inAll when there is no such pair
	}
	switch {
	case !hasUser || !hasItem || part == inAll:
		r.counts.Filtered++
	case part != inTrain:
		r.counts.Withheld++
	case strings.TrimSpace(c.Texts[i]) == "":
		r.counts.Empty++
	default:
		r.counts.Kept[c.Kinds[i]]++
		r.documents = append(r.documents, Text{Kind: c.Kinds[i], User: user, Item: item, Text: c.Texts[i]})
	}
}

// indexOrNone finds an id; "" is -1, which is fine, and an id that the filters
// removed is not.
func indexOrNone(v *Vocabulary, id string) (int32, bool) {
	if id == "" {
		return -1, true
	}
	return v.Index(id)
}

// checkDocument wants a known kind, the user and item that the kind has and no
// other, and UTF-8.
func checkDocument(c *contract.TextChunk, i int) error {
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
