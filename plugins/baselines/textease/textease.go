package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
)

// The kinds of prior mean C.
const (
	priorCosine = "cosine" // K with a zero diagonal
	priorEASE   = "ease"   // EASE of the feature rows
)

// Params are the plugin's parameters.
type Params struct {
	Ridge      float64   `json:"ridge" jsonschema:"default=100,exclusiveMinimum=0" jsonschema_description:"L2 penalty in all, that of the pull included"`
	Pull       float64   `json:"pull" jsonschema:"default=0,minimum=0" jsonschema_description:"of the weights toward the prior mean C"`
	Prior      string    `json:"prior" jsonschema:"enum=cosine,enum=ease,default=cosine" jsonschema_description:"C: the cosines of the features, or EASE of the feature rows"`
	PriorRidge float64   `json:"prior_ridge" jsonschema:"default=5,exclusiveMinimum=0" jsonschema_description:"L2 penalty of C where it is EASE"`
	Alpha      float64   `json:"alpha" jsonschema:"default=0,minimum=0" jsonschema_description:"weight of the features as further users, in mean item counts (collective EASE)"`
	Shares     []float64 `json:"shares,omitempty" jsonschema:"minItems=1,exclusiveMinimum=0" jsonschema_description:"how much each feature matrix counts in K, in the order of features (default: all the same, with a sum of 1)"`
	User       float64   `json:"user_weight" jsonschema:"default=0,minimum=0,maximum=4" jsonschema_description:"a: a user of n items counts n^-a"`
	Popularity float64   `json:"popularity" jsonschema:"default=0,minimum=-2,maximum=2" jsonschema_description:"eps: score_j is multiplied by count_j^eps (of a count of 0 by 1)"`
}

// TextEASE is EASE (Steck 2019) whose weights know the features of items, as a prior
// mean (Jeunen et al. 2020, "Closed-form models for collaborative filtering with
// side-information"; L3AE, Moon et al. 2025), as rows of further users (the
// collective form of the first), or both. The score of item j is the sum over the
// user's items i of B_ij.
type TextEASE = baseline.Fitted[Params, *baseline.LinearModel]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *TextEASE {
	return baseline.New(baseline.Definition[Params, *baseline.LinearModel]{
		Info: contract.Info{
			Name: "textease", Version: "1.0.0", Semantics: semantics,
			Summary:      "EASE with item features: as a prior mean of its weights, as rows of further users, or both",
			Capabilities: []contract.Capability{contract.CapabilityFeatures, contract.CapabilityFoldIn, contract.CapabilityLeaveOut},
			Check:        contract.Check{Params: []byte(`{"pull": 3, "alpha": 0.5}`)},
		},
		Check: Params.check,
		Fit:   fit,
		Names: baseline.WeightsNames(),
		Read: func(_ context.Context, views map[string]safetensors.View, _ baseline.Work[Params]) (*baseline.LinearModel, error) {
			return baseline.ReadLinear("textease", views)
		},
	})
}

// check refuses parameters under which features say nothing.
func (p Params) check() error {
	if p.Pull == 0 && p.Alpha == 0 {
		return contract.Errorf(contract.ErrInvalid, "pull and alpha are both 0, so that the features have no effect: give one of them, or take the plugin ease")
	}
	return nil
}

// fit solves for B. It holds two [items x items] matrices of float64.
func fit(ctx context.Context, data *baseline.Data, w baseline.Work[Params]) (*baseline.LinearModel, error) {
	features, err := data.ItemFeatures()
	if err != nil {
		return nil, err
	}
	s := solver{Params: w.Params, x: data.X, features: features, n: data.X.Cols, threads: w.Threads, progress: w.Progress}
	values, err := s.solve(ctx)
	if err != nil {
		return nil, err
	}
	return s.model(&baseline.ItemWeights{Items: s.n, Values: values}), nil
}

// model adds to weights what it takes to leave a user out.
func (s *solver) model(weights *baseline.ItemWeights) *baseline.LinearModel {
	if s.Pull > 0 {
		return &baseline.LinearModel{ItemWeights: weights, Why: contract.Errorf(contract.ErrUnsupported,
			"textease leaves a user out in closed form only without a prior mean (pull 0), and pull is %v", s.Pull)}
	}
	return &baseline.LinearModel{ItemWeights: weights, LeaveOut: &baseline.LeaveOut{
		Weights: weights, Own: s.own, Factors: baseline.PopularityFactors(s.x.ColumnCounts(), s.Popularity), Users: baseline.WeightedUsers(s.x, s.User),
	}}
}
