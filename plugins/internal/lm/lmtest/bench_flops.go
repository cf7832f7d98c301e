package lmtest

import (
	"fmt"
	"strings"

	"cllm4rec/plugins/internal/models/hf"
)

// BenchRows is what one pass over some documents makes the model compute.
type BenchRows struct {
	Step   string
	Text   float64 // rows of the decoder, or of the only stack
	Source float64 // rows of the encoder
	Picked float64 // rows that predict
	Causal float64 // pairs of a row of Text and one that it sees
	Full   float64 // pairs of two rows of one Source sequence
	Cross  float64 // pairs of a row of Text and one of its Source
}

func (x Bench) rows(step string, lengths [][]int) BenchRows {
	n := BenchRows{Step: step}
	for _, batch := range lengths {
		for _, length := range batch {
			x.count(&n, step, length)
		}
	}
	return n
}

// count adds one document. The last token of a main text need not be read.
func (x Bench) count(n *BenchRows, step string, length int) {
	prompt := map[string]int{"collaborative": 4, "content": 8, "finetuning": length}[step]
	text, source, picked := float64(length-1), 0.0, float64(length-prompt)
	if step == "finetuning" {
		text, picked = float64(length), 1
	}
	if x.Separate {
		text, source = picked, float64(prompt)
	}
	n.Text, n.Source, n.Picked = n.Text+text, n.Source+source, n.Picked+picked
	n.Causal, n.Full, n.Cross = n.Causal+text*(text+1)/2, n.Full+source*source, n.Cross+text*source
}

// flops counts the multiplications and additions that a pass over the documents
// cannot do without: products with the matrices of the blocks forward and for the
// gradient of what enters them (none of frozen weights), the two products of
// attention and the four of its gradient where rows see each other, and the head
// at predicted tokens, for the items with the gradient of their table.
func (x Bench) flops(shape BenchShape, step string, words int, lengths [][]int) float64 {
	fields, err := hf.FieldsOf("configuration", shape.Config)
	if err != nil {
		return 0
	}
	definition, err := x.Architecture.Read(fields)
	if err != nil {
		return 0
	}
	n, total := x.rows(step, lengths), 0.0
	hidden, layers := definition.Shape().Hidden, definition.Shape().Layers
	for _, w := range definition.Layout().Specs {
		if w.Part != "" && strings.HasSuffix(w.Name, ".weight") {
			total += 2 * float64(w.Size()) * x.Passes(w.Name, layers, n)
		}
	}
	total += 6 * 2 * x.Pairs(float64(hidden), float64(layers), n)
	if step == "content" {
		return total + 2*2*n.Picked*float64(hidden*words)
	}
	return total + 3*2*n.Picked*float64(hidden*shape.Items)
}

// InLayer reports whether a weight belongs to a layer, such as 11 of "h.".
func InLayer(weight, prefix string, layer int) bool {
	return strings.HasPrefix(weight, fmt.Sprintf("%s%d.", prefix, layer))
}
