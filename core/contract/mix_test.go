package contract

import "testing"

// The numbers are the first three that Java's SplittableRandom(1234567) gives,
// which Rosetta Code publishes for SplitMix64.
func TestSplitMix64IsThePublishedSequence(t *testing.T) {
	for step, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := SplitMix64(1234567, uint64(step)); got != want {
			t.Errorf("step %d: %d, want %d", step, got, want)
		}
	}
}

func TestMixSeedTellsOrderAndNumberOfKeysApart(t *testing.T) {
	seen := map[uint64][]uint64{}
	for _, keys := range [][]uint64{nil, {0}, {0, 0}, {1}, {1, 0}, {0, 1}, {1, 2}, {2, 1}} {
		seed := MixSeed(7, keys...)
		if other, again := seen[seed]; again {
			t.Errorf("%v and %v give the same seed", keys, other)
		}
		seen[seed] = keys
	}
	// What the pipeline's streams were made of before they moved here.
	if got, want := MixSeed(1, 2, 3), uint64(2732413296718679720); got != want {
		t.Errorf("MixSeed(1, 2, 3) is %d, want %d", got, want)
	}
}
