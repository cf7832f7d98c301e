package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// weightsName is the name of B [items, items] in a state.
const weightsName = "weights"

func (e *TextEASE) state() baseline.State {
	return baseline.State{Plugin: e.Name(), Semantics: semantics, Parameters: e.Params()}
}

// Save writes B; it holds the bytes of the file beside B for that time.
func (e *TextEASE) Save(_ context.Context, path string) error {
	if e.weights == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return e.state().Save(path, safetensors.Float64Tensor(weightsName, []int{e.items, e.items}, e.weights))
}

// Load reads what Save wrote.
func (e *TextEASE) Load(_ context.Context, path string) error {
	if err := e.Configured("Load"); err != nil {
		return err
	}
	return e.state().Load(path, []string{weightsName}, func(views map[string]safetensors.View) error {
		n, err := baseline.Rows(views[weightsName])
		if err == nil {
			err = baseline.RoomForItemMatrix("textease", n, 1)
		}
		if err != nil {
			return err
		}
		weights, err := baseline.Floats(views[weightsName], n, n)
		if err != nil {
			return err
		}
		e.weights, e.items, e.threads = weights, n, linalg.Threads(e.threads)
		return nil
	})
}
