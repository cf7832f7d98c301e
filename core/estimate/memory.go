package estimate

import (
	"cmp"
	"fmt"
	"slices"
)

// What a process takes before it holds anything of a method, by the smallest peaks of
// docs/results.md; one with libtorch takes more (ARCHITECTURE.md).
const (
	processBytes = 30 << 20
	torchBytes   = 190 << 20
)

// activationBytes are those that a layer keeps for the backward pass, for each token and
// unit of width: 34 bytes in half precision (Korthikanti et al., Reducing Activation
// Recomputation in Large Transformer Models, 2022, equation 2, without the attention's
// square), twice that in float32.
const activationBytes = 68

// towerFloats are what a trained number of a tower takes of float32: itself, its gradient
// and two moments of Adam.
const towerFloats = 4

// shaped is the memory that shapes decide. sure is false where they do not.
func (c Case) shaped() (f Figure, sure bool) {
	switch matrices := rateOf(c.Kind, c.Plugin).matrices; {
	case c.Kind == "":
		return Figure{Known: true, Source: "an ensemble has no process"}, true
	case c.Shape.Hidden > 0:
		return c.pipelineMemory(), true
	case matrices > 0 && c.At.Items > 0:
		n := float64(c.At.Items)
		return Figure{Known: true, Value: processBytes + 8*matrices*n*n, Source: fmt.Sprintf("%v matrices of %d × %d items in float64", matrices, c.At.Items, c.At.Items)}, true
	}
	return Figure{}, false
}

// pipelineMemory is that of a backbone's process while it trains.
func (c Case) pipelineMemory() Figure {
	s := c.Shape
	tower := 4 * float64(c.At.Users+c.At.Items) * float64(s.Hidden)
	parts := []struct {
		what  string
		bytes float64
	}{
		{"process", torchBytes},
		{"weights", float64(s.Weights)},
		{"towers with gradients and moments", tower * towerFloats * float64(s.Towers)},
		{"activations", activationBytes * float64(s.MicroBatch) * float64(s.Hidden) * float64(s.Layers)},
	}
	f := Figure{Known: true}
	for i, p := range parts {
		if i > 0 {
			f.Source += " + "
		}
		f.Source += fmt.Sprintf("%s %s", p.what, Bytes(p.bytes))
		f.Value += p.bytes
	}
	return f
}

// remembered scales the memory of the nearest observation, the highest of several, by the
// rows that it holds.
func (e *Estimator) remembered(c Case) Figure {
	near := slices.DeleteFunc(e.nearest(c), func(o Observation) bool { return o.Memory == 0 })
	if len(near) == 0 {
		return Figure{Source: unknown}
	}
	o := slices.MaxFunc(near, func(a, b Observation) int { return cmp.Compare(a.Memory, b.Memory) })
	held, times := o.At.held(), 1.0
	if now := c.At.held(); held > 0 && now > 0 && o.origin != fromRow {
		times = now / held
	}
	above := max(0, float64(o.Memory)-processBytes)
	return Figure{Known: true, Value: float64(o.Memory) - above + above*times, Rough: o.origin != fromRow, Source: o.Source}
}

// disk is what a record takes at most: an item and a score of four bytes for each place of
// each list, and some twenty bytes a user of metrics.
func (c Case) disk() Figure {
	if c.At.Users == 0 {
		return Figure{Source: "the data were not read"}
	}
	list := 8*min(c.Shape.Depth, c.At.Items) + 20
	return Figure{Known: true, Value: float64(c.Shape.Parts) * float64(c.At.Users) * float64(list), AtMost: true, Source: "stored rankings"}
}
