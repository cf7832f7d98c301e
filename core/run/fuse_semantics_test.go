package run

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
)

// fusions are digests of what is below, by experiment.FusionSemantics. A change of
// what is fused needs a new number and its line here; a line that stands is never
// changed.
var fusions = map[int]string{
	1: "e893244da5f37d3238dce0b5366e723374cb44c51bb1a15decd23069b8a0338a",
}

func TestAnotherFusionNeedsAnotherSemantics(t *testing.T) {
	digest := sha256.New()
	for _, rule := range []string{experiment.FuseRRF, experiment.FuseZScore} {
		for _, weights := range [][]float64{{1, 1}, {1, 3}, {0.5, 0.25}} {
			for _, ties := range []contract.Ties{{Rule: contract.TiesIndex}, {Rule: contract.TiesHashed, Seed: 7}} {
				got, err := fuse(experiment.Fusion{Fuse: rule, Weights: weights}, lists(), 6, 4, ties)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = fmt.Fprintf(digest, "%v %.5g\n", got.Items, got.Scores)
			}
		}
	}
	got := fmt.Sprintf("%x", digest.Sum(nil))
	if want, known := fusions[experiment.FusionSemantics]; !known || got != want {
		t.Errorf("FusionSemantics %d gives %s, want %q: where another fusion is meant, raise it and add its digest here", experiment.FusionSemantics, got, want)
	}
}
