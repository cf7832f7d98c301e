package cllm4rec

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Tokens say what the collaborative tower's item tokens are made of.
type Tokens struct {
	From    TokensFrom `json:"from,omitempty" jsonschema:"enum=random,enum=features" jsonschema_description:"random (default, the paper): every token is a vector of its own; features: z_j = W g_j + delta_j, a learned map of the method's features of the item plus a residual"`
	Map     TokensMap  `json:"map,omitempty" jsonschema:"enum=linear" jsonschema_description:"with from features: the map (default linear, the only one there is)"`
	LambdaC *float64   `json:"lambda_c,omitempty" jsonschema:"minimum=0" jsonschema_description:"with from features: precision of the prior of the residuals at zero (default 1)"`
}

// TokensFrom is what tokens are made of.
type TokensFrom string

// TokensMap is how features become tokens.
type TokensMap string

// The values of Tokens.
const (
	TokensRandom   TokensFrom = "random"
	TokensFeatures TokensFrom = "features"

	MapLinear TokensMap = "linear"
)

// TokensSettings are Tokens, decided; zero when every token is a vector of its own.
type TokensSettings struct {
	From    TokensFrom `json:"from,omitempty"`
	Map     TokensMap  `json:"map,omitempty"`
	LambdaC float64    `json:"lambda_c"`
}

// Mapped reports whether item tokens are a map of features.
func (s TokensSettings) Mapped() bool { return s.From == TokensFeatures }

// decide fills in the defaults.
func (t Tokens) decide() TokensSettings {
	if t.From != TokensFeatures {
		return TokensSettings{}
	}
	return TokensSettings{From: t.From, Map: either(t.Map, MapLinear), LambdaC: or(t.LambdaC, 1)}
}

// check refuses what has no effect.
func (t Tokens) check() []schema.Problem {
	if t.From == TokensFeatures || t.Map == "" && t.LambdaC == nil {
		return nil
	}
	return []schema.Problem{{Path: []string{"tokens"}, Message: "map and lambda_c have no effect without from: features"}}
}

// residual is the prior of the residuals, -ln N(delta; 0, 1/lambda I) up to a
// constant, in the same scale as the priors between the towers.
func (s Settings) residual(targets bool) []contract.Prior {
	if !s.Tokens.Mapped() {
		return nil
	}
	priors := s.toward("", s.Tokens.LambdaC)
	for i := range priors {
		priors[i].Residual, priors[i].Targets = true, targets
	}
	return priors
}

// mapItems makes the collaborative tower's item tokens of the features.
func (f *fitter) mapItems(ctx context.Context) error {
	mapper, ok := f.backbone.(contract.ItemMapper)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "the backbone makes no tokens of features: it lacks the capability %q", contract.CapabilityItemMap)
	}
	spec := contract.ItemMapSpec{Tower: towerCollaborative, Width: f.in.Features[0].Width, Seed: contract.MixSeed(f.in.Seed, forItemMap)}
	return mapper.MapItems(ctx, spec, func(yield func(*contract.FeatureChunk, error) bool) {
		for _, c := range f.in.Features {
			if !yield(c, nil) {
				return
			}
		}
	})
}
