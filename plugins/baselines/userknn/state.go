package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func (k *UserKNN) state() baseline.State {
	return baseline.State{Plugin: k.Name(), Semantics: semantics, Parameters: k.Params()}
}

// Save writes the interactions that histories are compared with.
func (k *UserKNN) Save(_ context.Context, path string) error {
	if k.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return k.state().Save(path, baseline.PairTensors(k.model.x)...)
}

// Load reads what Save wrote.
func (k *UserKNN) Load(_ context.Context, path string) error {
	if err := k.Configured("Load"); err != nil {
		return err
	}
	return k.state().Load(path, baseline.PairNames(), func(views map[string]safetensors.View) error {
		x, err := baseline.ReadPairs(views)
		if err != nil {
			return err
		}
		k.model, k.threads = newUsers(x, k.Params()), linalg.Threads(k.threads)
		return nil
	})
}
