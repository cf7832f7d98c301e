package main

import (
	"context"

	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// counts is the name of the tensor [items].
const counts = "counts"

func (p *Popularity) state() baseline.State {
	return baseline.State{Plugin: p.Name(), Semantics: semantics, Parameters: p.Params()}
}

// Save writes the counts.
func (p *Popularity) Save(_ context.Context, path string) error {
	if p.scores == nil {
		return sdk.ErrOrder("Save", "Fit")
	}
	return p.state().Save(path, safetensors.Float64Tensor(counts, []int{len(p.scores)}, p.scores))
}

// Load reads what Save wrote.
func (p *Popularity) Load(_ context.Context, path string) error {
	if err := p.Configured("Load"); err != nil {
		return err
	}
	return p.state().Load(path, []string{counts}, func(views map[string]safetensors.View) error {
		n, err := baseline.Rows(views[counts])
		if err != nil {
			return err
		}
		scores, err := baseline.Floats(views[counts], n)
		if err != nil {
			return err
		}
		p.scores = scores
		return nil
	})
}
