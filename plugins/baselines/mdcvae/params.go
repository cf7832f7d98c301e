package main

import (
	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/neural"
)

// Params are the plugin's parameters.
type Params struct {
	Dim          int     `json:"dim" jsonschema:"default=200,minimum=1,maximum=8192,description=width K of item embeddings and content codes"`
	Latent       int     `json:"latent" jsonschema:"default=100,minimum=1,maximum=4096,description=size of a user's code"`
	Hidden       int     `json:"hidden" jsonschema:"default=200,minimum=1,maximum=8192,description=width of the hidden layers of the content autoencoder"`
	Pull         float64 `json:"pull" jsonschema:"default=10,minimum=0,description=lambda_V: how hard item embeddings and content codes pull at each other"`
	ContentBeta  float64 `json:"content_beta" jsonschema:"default=0.2,minimum=0,maximum=1,description=weight of the KL term of the content autoencoder"`
	ContentFirst int     `json:"content_first" jsonschema:"default=20,minimum=0,description=passes over the items before the first epoch's users"`
	Dropout      float64 `json:"dropout" jsonschema:"default=0.5,minimum=0,exclusiveMaximum=1,description=share of a user's items that the encoder does not see in a step"`
	Beta         float64 `json:"beta" jsonschema:"default=0.2,minimum=0,maximum=1,description=weight of the KL term of the users once it is annealed"`
	AnnealSteps  int     `json:"anneal_steps" jsonschema:"default=20000,minimum=0,description=steps in which that weight would rise from 0 to 1; it stops at beta"`
	Batch        int     `json:"batch" jsonschema:"default=500,minimum=1,description=users or items of a step"`
	LearningRate float64 `json:"learning_rate" jsonschema:"default=0.001,exclusiveMinimum=0,description=of Adam"`
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 2

// New makes the plugin.
func New() *neural.Recommender[Params] {
	return neural.New(neural.Definition[Params]{
		Info: contract.Info{
			Name: "mdcvae", Version: "1.0.0", Semantics: semantics,
			Summary:      "Collaborative and item content autoencoders that regularise each other (MD-CVAE)",
			Capabilities: []contract.Capability{contract.CapabilityFoldIn, contract.CapabilityFeatures},
			Check:        contract.Check{Params: []byte(`{"dim": 24, "latent": 8, "hidden": 8, "pull": 0.1, "content_first": 2, "batch": 8, "anneal_steps": 1000, "learning_rate": 0.01}`), Epochs: 40},
		},
		New:     func(p Params) neural.Model { return &model{Params: p} },
		Vectors: map[contract.Entity]string{contract.EntityItem: "items"},
	})
}
