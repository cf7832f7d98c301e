package contract

import "context"

// Part is the part of a split that an interaction belongs to.
type Part string

// The parts. PartAll marks rows of a dataset that has no split of its own.
const (
	PartAll        Part = ""
	PartTrain      Part = "train"
	PartValidation Part = "validation"
	PartTest       Part = "test"
)

// InteractionChunk holds interactions in columns of equal length. Values and
// Times are nil when the data have none; a present column has no NaN.
type InteractionChunk struct {
	Part   Part
	Users  []string
	Items  []string
	Values []float32 // rating or count
	Times  []int64   // Unix seconds
}

// Len is the number of interactions.
func (c *InteractionChunk) Len() int { return len(c.Users) }

// TextKind says what a text is about.
type TextKind string

// The kinds of text. A review has a user and an item; a biography has a
// user; the rest are contents of an item.
const (
	TextReview      TextKind = "review"
	TextBiography   TextKind = "biography"
	TextTitle       TextKind = "title"
	TextDescription TextKind = "description"
	TextTags        TextKind = "tags"
	TextCategories  TextKind = "categories"
	TextBrand       TextKind = "brand"
)

// TextKinds lists every kind.
func TextKinds() []TextKind {
	return []TextKind{TextReview, TextBiography, TextTitle, TextDescription, TextTags, TextCategories, TextBrand}
}

// TextChunk holds texts in columns of equal length. User or Item is ""
// where the kind has none.
type TextChunk struct {
	Kinds []TextKind
	Users []string
	Items []string
	Texts []string // UTF-8
}

// Len is the number of texts.
func (c *TextChunk) Len() int { return len(c.Texts) }

// Dataset streams what a data set holds, as it is in the files: filters,
// splits and indices are the host's. Both streams may be read more than once
// and give the same rows in the same order each time. Chunks hold about a
// megabyte; yield keeps no chunk after it returns.
type Dataset interface {
	Plugin
	// Interactions streams every interaction.
	Interactions(ctx context.Context, yield func(*InteractionChunk) error) error
	// Texts streams every text; a dataset without CapabilityTexts returns
	// ErrUnsupported.
	Texts(ctx context.Context, yield func(*TextChunk) error) error
}
