package rows

import (
	"cmp"
	"slices"

	"cllm4rec/core/contract"
)

// Described gathers several attributes of one kind of entity. An attribute begins with
// its first value, and what is empty is left out. Call Flush at the end.
type Described struct {
	Entity contract.Entity
	Yield  func(*contract.AttributeChunk) error
	// Order is that of the attributes' names in Flush; without it they come in the order
	// of their first values.
	Order []string

	attributes []*Attribute // in the order of their first values
}

// Value is a value of an attribute, or none.
type Value struct {
	name   string
	kind   contract.AttributeType
	word   string
	number *float64
	words  []string
}

// Category is a value of an attribute of type category; "" is none.
func Category(name, word string) Value {
	return Value{name: name, kind: contract.AttributeCategory, word: word}
}

// Text is a value of an attribute of type text; "" is none.
func Text(name, text string) Value {
	return Value{name: name, kind: contract.AttributeText, word: text}
}

// Number is a value of an attribute of type number; nil is none.
func Number(name string, n *float64) Value {
	return Value{name: name, kind: contract.AttributeNumber, number: n}
}

// Set is a value of an attribute of type set: the words that are not "", each once.
// Without any there is no value.
func Set(name string, words []string) Value {
	return Value{name: name, kind: contract.AttributeSet, words: Distinct(words)}
}

// FromOne is a number, or nil for one below 1, which is how files of ages and years say
// that there is none.
func FromOne[N int | int64 | float64](n N) *float64 {
	if n >= 1 {
		number := float64(n)
		return &number
	}
	return nil
}

// Add adds values of one user or item.
func (w *Described) Add(id string, values ...Value) error {
	for _, v := range values {
		if err := w.add(id, v); err != nil {
			return err
		}
	}
	return nil
}

func (w *Described) add(id string, v Value) error {
	switch {
	case v.number != nil:
		return w.attribute(v).Number(id, *v.number)
	case v.word != "":
		return w.attribute(v).Word(id, v.word)
	case len(v.words) > 0:
		return w.attribute(v).Set(id, v.words)
	}
	return nil
}

// Flush sends what is left, attribute by attribute.
func (w *Described) Flush() error {
	place := func(a *Attribute) int { return slices.Index(w.Order, a.Name) }
	slices.SortStableFunc(w.attributes, func(a, b *Attribute) int { return cmp.Compare(place(a), place(b)) })
	for _, a := range w.attributes {
		if err := a.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (w *Described) attribute(v Value) *Attribute {
	for _, a := range w.attributes {
		if a.Name == v.name {
			return a
		}
	}
	a := &Attribute{Name: v.name, Entity: w.Entity, Type: v.kind, Yield: w.Yield}
	w.attributes = append(w.attributes, a)
	return a
}

// Distinct is the words that are not "", each once, in their order.
func Distinct(words []string) []string {
	var out []string
	seen := make(map[string]struct{}, len(words)) // a damaged line may hold a million words
	for _, word := range words {
		if _, again := seen[word]; !again && word != "" {
			seen[word] = struct{}{}
			out = append(out, word)
		}
	}
	return out
}
