package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/baseline/neighbours"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

func (s *SLIM) state() baseline.State {
	return baseline.State{Plugin: s.Name(), Semantics: semantics, Parameters: s.Params()}
}

// Save writes the weights.
func (s *SLIM) Save(_ context.Context, path string) error {
	if s.model == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return s.state().Save(path, s.model.Tensors()...)
}

// Load reads what Save wrote.
func (s *SLIM) Load(_ context.Context, path string) error {
	if err := s.Configured("Load"); err != nil {
		return err
	}
	return s.state().Load(path, neighbours.Names(), func(views map[string]safetensors.View) error {
		model, err := neighbours.Read(views)
		if err != nil {
			return err
		}
		s.model, s.threads = model, linalg.Threads(s.threads)
		return nil
	})
}
