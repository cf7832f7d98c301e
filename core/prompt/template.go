package prompt

import (
	"slices"
	"strings"
	"unicode"

	"cllm4rec/core/contract"
)

// Name names a template: the document kind that it is for.
type Name string

// The names. A text has the name of its document kind.
const (
	// Collaborative is the prompt before a user's items (paper: collaborative LLM).
	Collaborative Name = "collaborative"
	// Finetuning is the question after a (masked) history; prediction asks it too.
	Finetuning Name = "finetuning"
)

// Names lists every name in the order in which they are shown.
func Names() []Name {
	names := []Name{Collaborative}
	for _, kind := range contract.TextKinds() {
		names = append(names, Name(kind))
	}
	return append(names, Finetuning)
}

// slot is what fills a piece of a template.
type slot uint8

const (
	literal slot = iota // the piece's own text
	userSlot
	itemSlot
	itemsSlot // the history
)

// placeholders are the words that stand between braces.
var placeholders = map[string]slot{"user": userSlot, "item": itemSlot, "items": itemsSlot}

// allowed are the placeholders of a template.
func allowed(name Name) []string {
	switch name {
	case Collaborative, Name(contract.TextBiography):
		return []string{"user"}
	case Finetuning:
		return []string{"user", "items"}
	case Name(contract.TextReview):
		return []string{"user", "item"}
	default:
		return []string{"item"}
	}
}

// piece is one part of a template.
type piece struct {
	slot slot
	text string // of a literal, as it is encoded
}

// Template is a parsed prompt such as "{user} wrote the following review for {item}:".
type Template struct {
	name   Name
	text   string
	pieces []piece
}

// Name is what the template is for.
func (t Template) Name() Name { return t.name }

// String is the text that was parsed.
func (t Template) String() string { return t.text }

// Parse reads a template. Braces only ever hold a placeholder: {user}, {item}
// or {items}. An unknown or misplaced placeholder, an unmatched brace and a
// template that cannot serve its purpose are an ErrInvalid that names it.
func Parse(name Name, text string) (Template, error) {
	if !slices.Contains(Names(), name) {
		return Template{}, contract.Errorf(contract.ErrInvalid, "unknown template %q: expected one of %v", name, Names())
	}
	t := Template{name: name, text: text}
	for rest := text; rest != ""; {
		p, after, err := t.next(rest)
		if err != nil {
			return Template{}, err
		}
		if p.slot != literal || p.text != "" {
			t.pieces = append(t.pieces, p)
		}
		rest = after
	}
	return t, t.check()
}

// next takes the first piece off a text.
func (t Template) next(rest string) (piece, string, error) {
	open := strings.IndexAny(rest, "{}")
	switch {
	case open < 0:
		return piece{text: trimRight(rest)}, "", nil
	case open > 0:
		return piece{text: trimRight(rest[:open])}, rest[open:], nil
	case rest[0] == '}':
		return piece{}, "", t.errorf("has a } without a {")
	}
	name, after, closed := strings.Cut(rest[1:], "}")
	if !closed {
		return piece{}, "", t.errorf("has a { without a }")
	}
	if !slices.Contains(allowed(t.name), name) {
		return piece{}, "", t.errorf("has the placeholder {%s}: expected %s", name, braced(allowed(t.name)))
	}
	return piece{slot: placeholders[name]}, after, nil
}

// check reports whether the template can serve its purpose: a text needs a soft
// token to learn, a question needs the history once and something beside it.
func (t Template) check() error {
	count := func(s slot) int {
		return len(slices.DeleteFunc(slices.Clone(t.pieces), func(p piece) bool { return p.slot != s }))
	}
	switch {
	case len(t.pieces) == 0:
		return t.errorf("is empty")
	case t.name == Finetuning && count(itemsSlot) != 1:
		return t.errorf("has {items} %d times, expected once", count(itemsSlot))
	case t.name == Finetuning && len(t.pieces) == 1:
		return t.errorf("has nothing beside {items}: a user without history would have an empty prompt")
	case t.name != Finetuning && t.name != Collaborative && count(literal) == len(t.pieces):
		return t.errorf("has no placeholder, so that it teaches no token: expected %s", braced(allowed(t.name)))
	}
	return nil
}

func (t Template) errorf(format string, args ...any) error {
	return contract.Errorf(contract.ErrInvalid, "template %s %q "+format, append([]any{t.name, t.text}, args...)...)
}

// trimRight drops the spaces before a soft token, as the authors' tokenizer does.
func trimRight(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

func braced(names []string) string { return "{" + strings.Join(names, "}, {") + "}" }
