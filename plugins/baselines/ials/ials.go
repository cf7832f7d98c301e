package main

import (
	"context"
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
)

// The values of Params.Solver.
const (
	solverExact = "exact"
	solverCG    = "cg"
	solverBlock = "block"
)

// Params are the plugin's parameters. Exactly one of Implicit and Rendle is set.
type Params struct {
	Dim      int       `json:"dim" jsonschema:"default=128,minimum=1,maximum=4096,description=width of the vectors"`
	Sweeps   int       `json:"sweeps" jsonschema:"default=16,minimum=1,maximum=10000,description=times that users and then items are solved for"`
	Implicit *Implicit `json:"implicit,omitempty" jsonschema:"description=weights and penalty in the scale of Hu et al. and the package implicit (give this or rendle)"`
	Rendle   *Rendle   `json:"rendle,omitempty" jsonschema:"description=weights and penalty in the scale of Rendle et al. (give this or implicit)"`
	Solver   string    `json:"solver" jsonschema:"default=exact,enum=exact,enum=cg,enum=block,description=how a row is solved for: exactly or by steps of conjugate gradients or by blocks of dimensions (iALS++)"`
	Steps    int       `json:"cg_steps" jsonschema:"default=3,minimum=1,maximum=1000,description=steps of conjugate gradients in a half-sweep (solver cg)"`
	Block    int       `json:"block" jsonschema:"default=64,minimum=1,maximum=4096,description=dimensions that are solved for at once (solver block)"`
	Init     float64   `json:"init" jsonschema:"default=0.1,exclusiveMinimum=0,maximum=100,description=standard deviation of the first vectors times the root of dim"`
}

// IALS is matrix factorisation for implicit feedback (Hu et al. 2008, "Collaborative
// Filtering for Implicit Feedback Datasets"; Rendle et al. 2022, "Revisiting the
// Performance of iALS on Item Recommendation Benchmarks"). A history is ranked by the
// vector that the objective's minimum gives it beside the trained item vectors.
type IALS struct {
	*baseline.Fitted[Params, *model]
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin; side interactions are rows of further users.
func New() *IALS {
	return &IALS{baseline.New(baseline.Definition[Params, *model]{
		Info: contract.Info{
			Name: "ials", Version: "1.0.0", Semantics: semantics,
			Summary:      "Matrix factorisation by implicit alternating least squares (iALS)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilitySide, contract.CapabilityVectors},
			Check:        contract.Check{Params: []byte(`{"dim": 6, "rendle": {"alpha0": 0.2, "reg": 0.05, "nu": 1}}`)},
		},
		Check: Params.check,
		Fit: func(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*model, error) {
			return factorise(ctx, data.Stacked(), data.X.Rows, w)
		},
		Names: []string{usersName, itemsName}, Read: read,
	})}
}

// check asks for one scale.
func (p Params) check() error {
	if (p.Implicit == nil) == (p.Rendle == nil) {
		return errors.New("give the weights in one scale: implicit: {alpha: ..., reg: ...}, or rendle: {alpha0: ..., reg: ..., nu: ...}")
	}
	return nil
}

// Vectors streams the vectors of users or items [n, dim]; those of users are solved
// for exactly beside the items.
func (p *IALS) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	model, err := p.Model("Vectors")
	if err != nil {
		return err
	}
	m := model.items
	if entity == contract.EntityUser {
		m = model.users
	}
	return baseline.YieldRows(ctx, p.Name(), entity, m.Cols, m.Data, yield)
}
