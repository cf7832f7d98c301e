package lmtest

import (
	"path/filepath"
	"slices"
	"testing"

	"cllm4rec/core/contract"
)

// RandomWeights proves that a seed decides the random weights, which are not those of the
// files, and that a tower of one model is not read into another.
func (s Suite) RandomWeights(t *testing.T, folder string, words int) {
	dir := filepath.Join(t.TempDir(), "tower")
	ranked := func(params map[string]any) []float64 {
		b := s.Loaded(t, folder, params)
		if err := b.OpenTower(t.Context(), contract.TowerSpec{Name: "one", Users: someUsers, Items: someItems, InitStd: 0.1, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		if params == nil {
			if err := b.SaveTower(t.Context(), "one", dir); err != nil {
				t.Fatal(err)
			}
		} else {
			Expect(t, b.LoadTower(t.Context(), "other", dir), contract.ErrBadData)
		}
		return scores(t, b, "one", words)
	}
	files, seven, eight := ranked(nil), ranked(map[string]any{"random_weights": 7}), ranked(map[string]any{"random_weights": 8})
	if slices.Equal(files, seven) || slices.Equal(seven, eight) {
		t.Errorf("the files score %v, seed 7 %v, seed 8 %v", files[:3], seven[:3], eight[:3])
	}
	if again := ranked(map[string]any{"random_weights": 7}); !slices.Equal(seven, again) {
		t.Errorf("seed 7 scores %v, and then %v", seven[:3], again[:3])
	}
}
