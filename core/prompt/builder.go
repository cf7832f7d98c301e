package prompt

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode"

	"cllm4rec/core/contract"
)

// Encoder turns texts into word ids, without special tokens (contract.Backbone).
type Encoder interface {
	Encode(ctx context.Context, texts []string) ([][]int32, error)
}

// Space is the extended vocabulary: N words, then I users, then J items.
type Space struct{ VocabSize, Users, Items int }

// User is the token id of <user_i>.
func (s Space) User(i int32) int32 { return int32(s.VocabSize) + i }

// Item is the token id of <item_j>.
func (s Space) Item(j int32) int32 { return int32(s.VocabSize+s.Users) + j }

// Nobody stands for a user without a token: nothing is in the place of it.
const Nobody int32 = -1

// Options say how sequences are built.
type Options struct {
	// MaxLength is the number of tokens that a sequence may have, > 0. With
	// SeparatePrompt (encoder-decoder) it holds for the prompt, and for the main
	// text with the decoder's start token.
	MaxLength      int
	EncoderDecoder bool
	// MaskWord writes the set's mask word where an item is masked; otherwise
	// nothing stands there, as in the released code.
	MaskWord bool
	// PredictFirst: the first main token is predicted, from the prompt. Without
	// it a document needs two main tokens to have anything to predict.
	PredictFirst bool
	// Heterogeneous: of a document of pretraining everything behind its first token is its main
	// text, words, users and items of the prompt included.
	Heterogeneous bool
}

// part is a piece with its literal encoded.
type part struct {
	slot slot
	ids  []int32
}

// Builder builds documents and ranking prompts. It is safe for concurrent use.
type Builder struct {
	space   Space
	options Options
	parts   map[Name][]part
	mask    []int32
}

// NewBuilder encodes the literal parts of a set, once, and checks that every
// template leaves room for what follows it. ErrInvalid names the template.
func NewBuilder(ctx context.Context, e Encoder, space Space, set *Set, o Options) (*Builder, error) {
	b := &Builder{space: space, options: o, parts: map[Name][]part{}}
	encoded, err := b.encode(ctx, e, set.literals())
	if err != nil {
		return nil, err
	}
	for name, t := range set.templates {
		for _, p := range t.pieces {
			b.parts[name] = append(b.parts[name], part{p.slot, encoded[p.text]})
		}
	}
	b.mask = encoded[set.maskPiece()]
	return b, b.checkRoom()
}

// ForUsers is the builder over a vocabulary of so many users.
func (b *Builder) ForUsers(users int) *Builder {
	other := *b
	other.space.Users = users
	return &other
}

// Leaving is the builder of sequences behind which so many tokens have room: ErrInvalid
// where a template then has none.
func (b *Builder) Leaving(tokens int) (*Builder, error) {
	other := *b
	other.options.MaxLength -= tokens
	return &other, other.checkRoom()
}

// Items are the items among tokens, in their order.
func (b *Builder) Items(tokens []int32) (items []int32) {
	for _, token := range tokens {
		if item := token - b.space.Item(0); item >= 0 {
			items = append(items, item)
		}
	}
	return items
}

// literals are the distinct texts to encode, in a fixed order.
func (s *Set) literals() []string {
	texts := map[string]struct{}{s.maskPiece(): {}}
	for _, t := range s.templates {
		for _, p := range t.pieces {
			if p.slot == literal {
				texts[p.text] = struct{}{}
			}
		}
	}
	return slices.Sorted(maps.Keys(texts))
}

// maskPiece is the mask word behind a soft token or another mask word.
func (s *Set) maskPiece() string { return " " + s.mask }

func (b *Builder) encode(ctx context.Context, e Encoder, texts []string) (map[string][]int32, error) {
	ids, err := e.Encode(ctx, texts)
	if err != nil {
		return nil, err
	}
	if err := CheckWords(texts, ids, b.space.VocabSize); err != nil {
		return nil, err
	}
	encoded := make(map[string][]int32, len(texts))
	for i, text := range texts {
		encoded[text] = ids[i]
	}
	return encoded, nil
}

// CheckWords reports whether an encoder kept its promise: one answer per text,
// every id in 0..words-1. ErrBadData names the text.
func CheckWords(texts []string, ids [][]int32, words int) error {
	if len(ids) != len(texts) {
		return contract.Errorf(contract.ErrBadData, "the backbone encoded %d texts into %d", len(texts), len(ids))
	}
	for i, sequence := range ids {
		for _, w := range sequence {
			if w < 0 || int(w) >= words {
				return contract.Errorf(contract.ErrBadData, "the backbone encoded %.40q with word %d, outside 0..%d", texts[i], w, words-1)
			}
		}
	}
	return nil
}

// checkRoom reports whether every template is shorter than the limit by the
// tokens that must follow: those of the least main text, or one item.
func (b *Builder) checkRoom() error {
	if b.options.EncoderDecoder && b.room(0) < b.least() {
		return contract.Errorf(contract.ErrInvalid, "a main text needs a start token and %d tokens, but a sequence may have %d", b.least(), b.options.MaxLength)
	}
	for _, name := range Names() {
		fixed, need := b.fixed(name), b.least()
		if name == Finetuning {
			need = 1
		} else if b.options.EncoderDecoder {
			need = 0
		}
		if fixed+need > b.options.MaxLength {
			return contract.Errorf(contract.ErrInvalid, "template %s has %d tokens and needs %d more, but a sequence may have %d",
				name, fixed, need, b.options.MaxLength)
		}
		if fixed == 0 {
			return contract.Errorf(contract.ErrInvalid, "template %s encodes to no token", name)
		}
	}
	return nil
}

// fixed is the number of tokens of a template without its history.
func (b *Builder) fixed(name Name) int {
	n := 0
	for _, p := range b.parts[name] {
		switch p.slot {
		case literal:
			n += len(p.ids)
		case userSlot, itemSlot:
			n++
		}
	}
	return n
}

// least is the number of main tokens below which nothing is predicted.
func (b *Builder) least() int {
	if b.options.PredictFirst {
		return 1
	}
	return 2
}

// MainText is a text as it stands behind a prompt: without outer spaces and
// with one space before it, which is how the texts released with the authors'
// code are stored. A blank text is "".
func MainText(text string) string {
	text = strings.TrimFunc(text, unicode.IsSpace)
	if text == "" {
		return ""
	}
	return " " + text
}
