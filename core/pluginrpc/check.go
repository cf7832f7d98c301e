package pluginrpc

import (
	"maps"
	"reflect"
	"slices"

	"cllm4rec/core/contract"
	v1 "cllm4rec/core/pluginrpc/v1"
	"cllm4rec/core/printable"
)

// checkToWire is nil where the plugin has nothing to say.
func checkToWire(c contract.Check) *v1.Check {
	if reflect.ValueOf(c).IsZero() {
		return nil
	}
	w := &v1.Check{
		Params: c.Params, Sniff: c.Sniff, Whole: c.Whole, Epochs: int32(c.Epochs), NotBetterThanPopularity: c.NotBetterThanPopularity,
		Model: c.Model, Shape: c.Shape, Rate: c.Rate, Tolerance: c.Tolerance,
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		w.Files = append(w.Files, &v1.CheckFile{Name: name, Content: c.Files[name]})
	}
	return w
}

func checkFromWire(w *v1.Check) contract.Check {
	if w == nil {
		return contract.Check{}
	}
	c := contract.Check{
		Params: w.Params, Sniff: w.Sniff, Whole: w.Whole, Epochs: int(w.Epochs), NotBetterThanPopularity: printable.Line(w.NotBetterThanPopularity),
		Model: w.Model, Shape: w.Shape, Rate: w.Rate, Tolerance: w.Tolerance,
	}
	for _, f := range w.Files {
		if c.Files == nil {
			c.Files = map[string][]byte{}
		}
		c.Files[f.Name] = f.Content
	}
	return c
}
