package lmtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stepsPath is a set of steps without its ending: in the plugin's own testdata, or
// among those of plugins/internal/lm.
func stepsPath(name string) string {
	own := filepath.Join("testdata", name)
	if _, err := os.Stat(own + ".json"); err == nil {
		return own
	}
	return filepath.Join("..", "..", "internal", "lm", "testdata", name)
}

// shortened are the names that a weight of a whole model may have in a backbone:
// its own, and that without the prefix of the base model, which is one word.
func shortened(name string) []string {
	_, rest, _ := strings.Cut(name, ".")
	return []string{name, rest}
}

// find is the reference array of a trained tensor: "weight.h.0.ln_1.bias" is
// "transformer.h.0.ln_1.bias" there. nil where the reference has none.
func (r comparison) find(t *testing.T, before, name string) []float64 {
	bare := strings.TrimPrefix(strings.TrimPrefix(name, "weight."), "lora.")
	names := r.arrays.Names()
	at := slices.Index(names, before+bare)
	if at < 0 {
		at = slices.IndexFunc(names, func(full string) bool {
			part, ok := strings.CutPrefix(full, before)
			return ok && shortened(part)[1] == bare
		})
	}
	if at < 0 {
		t.Errorf("the reference has no %s%s", before, bare)
		return nil
	}
	return array(t, r.arrays, names[at])
}
