package hf

import (
	"math"
	"reflect"
	"testing"
)

func TestLayoutsListWeightsInTheOrderOfTheCalls(t *testing.T) {
	for tied, last := range map[bool][]Spec{true: nil, false: {{Name: "head.weight", Shape: []int{7, 4}, Std: 0.5, Head: true}}} {
		var l Layout
		l.Table("words", 0.5, 7, 4)
		l.LayerNorm("first", 4)
		l.Linear("wide", Attention, 0.2, 4, 6, false)
		l.Linear("back", FeedForward, OntoStream(0.2, 8), 6, 4, true)
		l.Conv1D("old", Attention, 0.1, 4, 6)
		l.RMSNorm("last", 2, 4)
		l.Head("head", "words", tied)
		want := append([]Spec{{Name: "words.weight", Shape: []int{7, 4}, Std: 0.5},
			{Name: "first.weight", Shape: []int{4}, Mean: 1}, {Name: "first.bias", Shape: []int{4}},
			{Name: "wide.weight", Shape: []int{6, 4}, Part: Attention, OutIn: true, Std: 0.2},
			{Name: "back.weight", Shape: []int{4, 6}, Part: FeedForward, OutIn: true, Std: 0.05}, {Name: "back.bias", Shape: []int{4}},
			{Name: "old.weight", Shape: []int{4, 6}, Part: Attention, Std: 0.1}, {Name: "old.bias", Shape: []int{6}},
			{Name: "last.weight", Shape: []int{4}, Mean: 2}}, last...)
		if !reflect.DeepEqual(l.Specs, want) || tied != (l.Same["head.weight"] == "words.weight") {
			t.Errorf("tied %v: %+v and copies %v\nwant %+v", tied, l.Specs, l.Same, want)
		}
	}
}

func TestTextsMayBeAsLongAsTheirAnglesAreMadeFor(t *testing.T) {
	for want, r := range map[int]RotaryScaling{
		100: {Type: "linear", Factor: 4, Original: 100}, 400: {Type: Dynamic, Factor: 4, Original: 100}, 120: {Type: "yarn", Factor: 2, Original: 60},
		math.MaxInt32: {Type: Dynamic, Factor: 1e6, Original: math.MaxInt32},
	} {
		if got := r.Longest(100); got != want {
			t.Errorf("%+v: %d, expected %d", r, got, want)
		}
	}
}

func TestRotaryNumbersThatAreSaidTwiceMustAgree(t *testing.T) {
	for _, c := range []struct {
		config map[string]any
		theta  float64 // 0: refused
	}{
		{map[string]any{}, 1e4},
		{map[string]any{"rotary_emb_base": 500}, 500},
		{map[string]any{"rotary_emb_base": 500, "rope_theta": 500, "rope_parameters": map[string]any{"rope_theta": 500}}, 500},
		{map[string]any{"rope_parameters": map[string]any{"rope_theta": 600}}, 600},
		{map[string]any{"rotary_emb_base": 500, "rope_parameters": map[string]any{"rope_theta": 600}}, 0},
		{map[string]any{"rope_theta": 400, "rope_parameters": map[string]any{"rope_theta": 600}}, 0},
		{map[string]any{"rope_parameters": map[string]any{"rope_theta": 1}}, 0},
	} {
		f, err := FieldsOf("config.json", c.config)
		if err != nil {
			t.Fatal(err)
		}
		theta := f.RotaryTheta("rotary_emb_base", 1e4)
		if (f.Err() != nil) != (c.theta == 0) || c.theta != 0 && theta != c.theta {
			t.Errorf("%v: %v, %v, expected %v", c.config, theta, f.Err(), c.theta)
		}
	}
}
