package contract

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"
)

// The vectors beside the protos come from a program of its own
// (core/pluginrpc/v1/make_ties.py); plugins in other languages check themselves
// against them.
func TestKeysAndRankingsAreThoseOfTheVectorsBesideTheProtos(t *testing.T) {
	raw, err := os.ReadFile("../pluginrpc/v1/ties.json")
	if err != nil {
		t.Fatal(err)
	}
	type rule struct {
		Rule TieRule
		Seed string // decimal: JSON's numbers do not hold 64 bits everywhere
	}
	var vectors struct {
		Keys []struct {
			rule
			Item int32
			Key  string
		}
		Rankings []struct {
			rule
			Scores []float64
			K      int
			Items  []int32
		}
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	ties := func(r rule) Ties {
		seed, err := strconv.ParseUint(r.Seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return Ties{Rule: r.Rule, Seed: seed}
	}
	if len(vectors.Keys) < 100 || len(vectors.Rankings) < 20 {
		t.Fatalf("%d keys and %d rankings", len(vectors.Keys), len(vectors.Rankings))
	}
	for _, v := range vectors.Keys {
		if got := strconv.FormatUint(ties(v.rule).Key(v.Item), 10); got != v.Key {
			t.Errorf("the key of item %d under %+v is %s, want %s", v.Item, v.rule, got, v.Key)
		}
	}
	for i, v := range vectors.Rankings {
		got, err := TopK(v.Scores, v.K, ties(v.rule))
		if err != nil || !slices.Equal(got.Items, v.Items) {
			t.Errorf("ranking %d under %+v is %v, want %v, error %v", i, v.rule, got.Items, v.Items, err)
		}
	}
}
