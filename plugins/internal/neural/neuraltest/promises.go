package neuraltest

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

// Promises checks over a fixture what every neural recommender promises: a resumed
// training is the uninterrupted one to the byte, threads and neighbouring queries
// change no byte, memory that is not there is refused by size, and a loss that is
// no number leaves the model as it was. fresh makes the plugin.
func Promises(t *testing.T, fresh func() Recommender, fixture string) {
	f := ReadFixture(t, fixture)
	t.Run("a resumed training is the uninterrupted one", func(t *testing.T) { f.resumes(t, fresh) })
	t.Run("threads change nothing", func(t *testing.T) { f.threads(t, fresh) })
	t.Run("queries beside a query change nothing", func(t *testing.T) { f.alone(t, fresh) })
	t.Run("memory that is not there is refused", func(t *testing.T) { f.memory(t, fresh) })
	t.Run("weights that are no numbers are named", func(t *testing.T) { f.broken(t, fresh) })
}

// trained goes through epochs from..to and returns the state's bytes.
func (f Fixture) trained(t *testing.T, r Recommender, from, to int) []byte {
	t.Helper()
	for n := from; n <= to; n++ {
		_, err := r.Epoch(t.Context(), contract.EpochSpec{Number: n, Seed: f.EpochSeeds[n-1]}, nil)
		check(t, err)
	}
	path := filepath.Join(t.TempDir(), "state")
	check(t, r.Save(t.Context(), path))
	raw, err := os.ReadFile(path)
	check(t, err)
	return raw
}

func (f Fixture) resumes(t *testing.T, fresh func() Recommender) {
	whole, half, rest := fresh(), fresh(), fresh()
	f.Begun(t, whole, 1)
	f.Begun(t, half, 1)
	f.Begun(t, rest, 1)
	path := filepath.Join(t.TempDir(), "half")
	check(t, os.WriteFile(path, f.trained(t, half, 1, 1), 0o600))
	check(t, rest.Load(t.Context(), path))
	if !slices.Equal(f.trained(t, whole, 1, 2), f.trained(t, rest, 2, 2)) {
		t.Error("the states differ")
	}
}

func (f Fixture) threads(t *testing.T, fresh func() Recommender) {
	one, two := fresh(), fresh()
	f.Begun(t, one, 1)
	f.Begun(t, two, 2)
	if !slices.Equal(f.trained(t, one, 1, 2), f.trained(t, two, 1, 2)) {
		t.Error("the states differ")
	}
}

func (f Fixture) alone(t *testing.T, fresh func() Recommender) {
	r := fresh()
	f.Begun(t, r, 1)
	f.trained(t, r, 1, 1)
	queries := f.queries()
	for u, together := range scores(t, r, queries) {
		if alone := scores(t, r, queries[u:u+1])[0]; !slices.Equal(alone, together) {
			t.Errorf("user %d: %v alone, %v beside others", u, alone, together)
		}
	}
}

func (f Fixture) memory(t *testing.T, fresh func() Recommender) {
	r := fresh()
	_, err := r.Configure(t.Context(), f.Params)
	check(t, err)
	spec := contract.FitSpec{Users: f.Users, Items: f.Items, Resources: contract.Resources{Memory: 100, Device: device()}}
	err = r.Begin(t.Context(), spec, f.Train())
	if !errors.Is(err, contract.ErrOutOfMemory) || !strings.Contains(err.Error(), "GB are allowed") {
		t.Errorf("error %v", err)
	}
	if _, err := r.Rank(t.Context(), contract.RankSpec{}, nil); !errors.Is(err, contract.ErrOrder) {
		t.Errorf("afterwards: error %v", err)
	}
}

// broken gives the model weights next to the largest float, so that a loss or gradient
// is no number.
func (f Fixture) broken(t *testing.T, fresh func() Recommender) {
	r := fresh()
	for name, values := range f.Weights {
		huge := slices.Clone(values)
		for i := range huge {
			huge[i] = math.Copysign(3e38, huge[i])
		}
		f.Weights[name] = huge
	}
	f.Begun(t, r, 1)
	before := f.trained(t, r, 1, 0)
	_, err := r.Epoch(t.Context(), contract.EpochSpec{Number: 1, Seed: f.EpochSeeds[0]}, nil)
	if !errors.Is(err, contract.ErrNonFinite) || !strings.Contains(err.Error(), "epoch 1, step 1") || !strings.Contains(err.Error(), "Lower the learning rate") {
		t.Errorf("error %v", err)
	}
	if !slices.Equal(before, f.trained(t, r, 1, 0)) {
		t.Error("the model has changed")
	}
}
