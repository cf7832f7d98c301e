package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// The tensors of a state.
const (
	weightsName = "weights" // [items, items], float64, from source to target
	seedName    = "seed"    // [1], int64: of the shuffled order
)

func (s *SLIST) state() baseline.State {
	return baseline.State{Plugin: s.Name(), Semantics: semantics, Parameters: s.Params()}
}

// Save writes B; it holds the bytes of the file beside B for that time.
func (s *SLIST) Save(_ context.Context, path string) error {
	if s.weights == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return s.state().Save(path,
		safetensors.Float64Tensor(weightsName, []int{s.items, s.items}, s.weights),
		safetensors.Int64Tensor(seedName, []int{1}, []int64{int64(s.seed)}))
}

// Load reads what Save wrote.
func (s *SLIST) Load(_ context.Context, path string) error {
	if err := s.Configured("Load"); err != nil {
		return err
	}
	return s.state().Load(path, []string{weightsName, seedName}, func(views map[string]safetensors.View) error {
		n, err := baseline.Rows(views[weightsName])
		if err == nil {
			err = baseline.RoomForItemMatrix("SLIST", n, 1)
		}
		if err == nil {
			err = views[seedName].Expect(1)
		}
		if err != nil {
			return err
		}
		seed, err := views[seedName].Int64s()
		if err != nil {
			return err
		}
		weights, err := baseline.Floats(views[weightsName], n, n)
		if err != nil {
			return err
		}
		s.weights, s.items, s.seed, s.threads = weights, n, uint64(seed[0]), linalg.Threads(s.threads)
		return nil
	})
}
