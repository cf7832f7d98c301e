package rows

import "cllm4rec/core/contract"

// Described gathers several attributes of one kind of entity. An attribute begins with
// its first value, and what is empty is left out. Call Flush at the end.
type Described struct {
	Entity contract.Entity
	Yield  func(*contract.AttributeChunk) error

	attributes []*Attribute // in the order of their first values
}

// Word adds a value of an attribute of type category; "" is none.
func (w *Described) Word(name, id, word string) error {
	if word == "" {
		return nil
	}
	return w.attribute(name, contract.AttributeCategory).Word(id, word)
}

// Number adds a value of an attribute of type number; nil is none.
func (w *Described) Number(name, id string, n *float64) error {
	if n == nil {
		return nil
	}
	return w.attribute(name, contract.AttributeNumber).Number(id, *n)
}

// Set adds a value of an attribute of type set: the words that are not "", each once.
// Without any there is no value.
func (w *Described) Set(name, id string, words []string) error {
	if words = Distinct(words); len(words) == 0 {
		return nil
	}
	return w.attribute(name, contract.AttributeSet).Set(id, words)
}

// Flush sends what is left, attribute by attribute.
func (w *Described) Flush() error {
	for _, a := range w.attributes {
		if err := a.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (w *Described) attribute(name string, kind contract.AttributeType) *Attribute {
	for _, a := range w.attributes {
		if a.Name == name {
			return a
		}
	}
	a := &Attribute{Name: name, Entity: w.Entity, Type: kind, Yield: w.Yield}
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
