package search

import (
	"reflect"
	"testing"
)

func TestTheRungsAreThoseOfHyperband(t *testing.T) {
	for _, c := range []struct {
		configurations, epochs, factor int
		want                           []Rung
	}{
		{81, 81, 3, []Rung{{81, 1}, {27, 3}, {9, 9}, {3, 27}, {1, 81}}}, // Li et al., table 1, s = 4
		{9, 81, 3, []Rung{{9, 9}, {3, 27}, {1, 81}}},
		{4, 100, 3, []Rung{{4, 33}, {1, 100}}},
		{20, 5, 3, []Rung{{20, 1}, {6, 5}}}, // not below one epoch
		{2, 9, 3, []Rung{{2, 9}}},
	} {
		if got := Rungs(c.configurations, c.epochs, c.factor); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d configurations, %d epochs: %v, want %v", c.configurations, c.epochs, got, c.want)
		}
	}
}

// halving is 9 configurations of 9 epochs over a space whose best is the largest n.
func halving(t *testing.T) *Halving {
	t.Helper()
	s, _, err := NewSpace([]Parameter{{Name: "n", Kind: Int, Low: 1, High: 9}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHalving(s, 7, Rungs(9, 9, 3), "train.epochs", Maximise)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTheBestOfEachRungGoOnWithMoreEpochs(t *testing.T) {
	history := all(t, halving(t)) // the value of a configuration is its n
	var n, epochs []int64
	for _, trial := range history {
		n, epochs = append(n, trial.Params["n"].(int64)), append(epochs, trial.Params["train.epochs"].(int64))
	}
	if want := []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 9}; !reflect.DeepEqual(epochs, want) {
		t.Errorf("epochs %v, want %v", epochs, want)
	}
	if want := []int64{9, 8, 7, 9}; !reflect.DeepEqual(n[9:], want) {
		t.Errorf("of %v went on %v, want %v", n[:9], n[9:], want)
	}
}

func TestFailedConfigurationsDoNotGoOn(t *testing.T) {
	h := halving(t)
	history := all(t, h)[:9]
	for i := range history {
		if history[i].Params["n"].(int64) > 2 {
			history[i].State = Failed
		}
	}
	next, err := h.Suggest(history, 9)
	if want := []Assignment{{"n": int64(2), "train.epochs": int64(3)}, {"n": int64(1), "train.epochs": int64(3)}}; err != nil || !reflect.DeepEqual(next, want) {
		t.Errorf("got %v, error %v", next, err)
	}
}

func TestTheSpaceOfHalvingDoesNotVaryTheEpochs(t *testing.T) {
	s, _, err := NewSpace([]Parameter{{Name: "train.epochs", Kind: Int, Low: 1, High: 9}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewHalving(s, 1, Rungs(9, 9, 3), "train.epochs", Maximise); err == nil {
		t.Error("it is taken")
	}
}
