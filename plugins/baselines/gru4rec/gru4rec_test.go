package main

import (
	"encoding/json"
	"math"
	"testing"

	"cllm4rec/plugins/internal/neural/neuraltest"
)

func fresh() neuraltest.Recommender { return New() }

func TestStepsEqualPyTorch(t *testing.T) {
	for _, loss := range []string{"ce", "sampled"} {
		t.Run(loss, func(t *testing.T) { neuraltest.Steps(t, New(), "fixture_"+loss+".json") })
	}
}

func TestPromises(t *testing.T) { neuraltest.Promises(t, fresh, "fixture_sampled.json") }

// One unit, items 1, -2 and .5, no bias: reset s(.3 x + .4 h), update s(-.5 x + .2 h),
// new tanh(.6 x + reset .7 h), and state (1 - update) new + update h from 0.
func TestScoresWorkedByHand(t *testing.T) {
	items := []float64{1, -2, .5}
	step := func(x, h float64) float64 {
		s := func(y float64) float64 { return 1 / (1 + math.Exp(-y)) }
		reset, update := s(.3*x+.4*h), s(-.5*x+.2*h)
		return (1-update)*math.Tanh(.6*x+reset*.7*h) + update*h
	}
	score := func(h float64) []float64 { return []float64{h, -2 * h, .5 * h} }
	r, f := New(), neuraltest.Fixture{
		Params: json.RawMessage(`{"dim": 1, "order": "history"}`), Users: 3, Items: 3, Rows: [][]int32{{2}, {1, 0, 2}, {}},
		Weights: map[string][]float64{"items": items, "gru.inputs": {.3, -.5, .6}, "gru.states": {.4, .2, .7},
			"gru.input_bias": {0, 0, 0}, "gru.state_bias": {0, 0, 0}},
		Scores: [][]float64{score(step(.5, 0)), score(step(.5, step(1, step(-2, 0)))), {0, 0, 0}},
	}
	f.Begun(t, r, 1)
	f.CheckScores(t, r)
}
