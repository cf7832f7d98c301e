package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func (r *RP3Beta) state() baseline.State {
	return baseline.State{Plugin: r.Name(), Semantics: semantics, Parameters: r.Params()}
}

// Save writes the walks between all items.
func (r *RP3Beta) Save(_ context.Context, path string) error {
	if r.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return r.state().Save(path, r.model.Tensors()...)
}

// Load reads what Save wrote.
func (r *RP3Beta) Load(_ context.Context, path string) error {
	if err := r.Configured("Load"); err != nil {
		return err
	}
	return r.state().Load(path, neighbours.Names(), func(views map[string]safetensors.View) error {
		model, err := neighbours.Read(views)
		if err != nil {
			return err
		}
		r.model, r.threads = model, linalg.Threads(r.threads)
		return nil
	})
}
