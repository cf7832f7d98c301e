package rows

import "cllm4rec/core/contract"

// Attribute gathers the values of one attribute into chunks. Call Flush at the
// end.
type Attribute struct {
	Name   string
	Entity contract.Entity
	Type   contract.AttributeType
	Yield  func(*contract.AttributeChunk) error

	ids    []string
	values contract.Values
	bytes  int
}

// Word adds a value of an attribute of type category or text.
func (w *Attribute) Word(id, word string) error {
	w.values.Words = append(w.values.Words, word)
	return w.added(id, len(word))
}

// Number adds a value of an attribute of type number.
func (w *Attribute) Number(id string, n float64) error {
	w.values.Numbers = append(w.values.Numbers, n)
	return w.added(id, 0)
}

// Set adds a value of an attribute of type set.
func (w *Attribute) Set(id string, words []string) error {
	bytes := 0
	for _, word := range words {
		bytes += fixedBytes + len(word)
	}
	w.values.Sets = append(w.values.Sets, words)
	return w.added(id, bytes)
}

// added notes whose value it was; a full chunk goes out.
func (w *Attribute) added(id string, bytes int) error {
	w.ids = append(w.ids, id)
	if w.bytes += fixedBytes + len(id) + bytes; w.bytes < chunkBytes {
		return nil
	}
	return w.Flush()
}

// Flush sends what is left.
func (w *Attribute) Flush() error {
	if len(w.ids) == 0 {
		return nil
	}
	chunk := contract.AttributeChunk{Name: w.Name, Entity: w.Entity, Type: w.Type, IDs: w.ids, Values: w.values}
	w.ids, w.values, w.bytes = nil, contract.Values{}, 0
	return w.Yield(&chunk)
}
