package main

import (
	"context"
	"errors"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
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
	sdk.Base[Params]
	model   *model // nil before Fit
	threads int
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *IALS {
	p := &IALS{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "ials", Version: "1.0.0", Semantics: semantics,
		Summary: "Matrix factorisation by implicit alternating least squares (iALS)",
		Capabilities: []contract.Capability{
			contract.CapabilityState, contract.CapabilityFoldIn, contract.CapabilitySide, contract.CapabilityVectors,
		},
	})}
	p.Check = func(p Params) error {
		if (p.Implicit == nil) == (p.Rendle == nil) {
			return errors.New("give the weights in one scale: implicit: {alpha: ..., reg: ...}, or rendle: {alpha0: ..., reg: ..., nu: ...}")
		}
		return nil
	}
	p.Forget = func() { p.model = nil }
	return p
}

// Fit factorises the interactions, with the side interactions as further users.
func (p *IALS) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := p.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	p.model, p.threads = nil, linalg.Threads(spec.Resources.Threads)
	m, err := factorise(ctx, data.Stacked(), data.X.Rows, p.Params(), spec.Seed, p.threads, progress)
	if err != nil {
		return err
	}
	p.model = m
	return nil
}

// Rank scores all items from each query's history, whose vector it solves for exactly.
func (p *IALS) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if p.model == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return p.model.ranker(p.Params().weighting(), p.threads).Rank(ctx, spec, queries)
}
