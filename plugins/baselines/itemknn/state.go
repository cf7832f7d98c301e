package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func (k *ItemKNN) state() baseline.State {
	return baseline.State{Plugin: k.Name(), Semantics: semantics, Parameters: k.Params()}
}

// Save writes every item's neighbours.
func (k *ItemKNN) Save(_ context.Context, path string) error {
	if k.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return k.state().Save(path, k.model.Tensors()...)
}

// Load reads what Save wrote.
func (k *ItemKNN) Load(_ context.Context, path string) error {
	if err := k.Configured("Load"); err != nil {
		return err
	}
	return k.state().Load(path, neighbours.Names(), func(views map[string]safetensors.View) error {
		model, err := neighbours.Read(views)
		if err != nil {
			return err
		}
		k.model, k.threads = model, linalg.Threads(k.threads)
		return nil
	})
}
