package main

import (
	"context"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/lm"
)

// Params are the plugin's parameters.
type Params struct {
	Weights   string `json:"weights" jsonschema:"required,minLength=1,format=path" jsonschema_description:"folder of the language model in the Hugging Face layout: config.json, model.safetensors, vocab.json and merges.txt (or tokenizer.json)"`
	Device    string `json:"device" jsonschema:"default=auto,pattern=^(auto|cpu|cuda(:[0-9]+)?)$" jsonschema_description:"auto takes a CUDA device when the build has one; else cpu, cuda or cuda:i"`
	DType     string `json:"dtype" jsonschema:"default=float32,enum=float32" jsonschema_description:"of weights and activations"`
	Threads   int    `json:"threads" jsonschema:"default=0,minimum=0,maximum=1024" jsonschema_description:"threads of one operation; 0 is every processor"`
	Attention string `json:"attention" jsonschema:"default=auto,enum=auto,enum=packed,enum=sdpa,enum=plain" jsonschema_description:"kernel; all give the same numbers up to rounding"`
}

// Plugin is the backbone: the engine over GPT-2.
type Plugin struct {
	sdk.Base[Params]
	*lm.Engine
}

var _ contract.Pretrainer = (*Plugin)(nil)

// New makes the plugin with nothing loaded.
func New() *Plugin {
	p := &Plugin{
		Base: sdk.NewBase[Params](contract.Info{
			Kind: contract.KindBackbone, Name: "gpt2", Version: "1.0.0",
			Summary:   "GPT-2 of any size from a Hugging Face folder, on libtorch",
			Abilities: abilities(),
		}),
		Engine: lm.New(architecture{}),
	}
	p.Check = func(p Params) error { return checkFolder(p.Weights) }
	return p
}

func abilities() []contract.Ability {
	all := []contract.Ability{contract.AbilityPretrain}
	if lm.CUDA() {
		all = append(all, contract.AbilityCUDA)
	}
	return all
}

// Load reads the weights that Configure named.
func (p *Plugin) Load(ctx context.Context, progress contract.OnProgress) (contract.ModelInfo, error) {
	if err := p.Configured("Load"); err != nil {
		return contract.ModelInfo{}, err
	}
	return p.Open(ctx, options(p.Params()), progress)
}

func options(p Params) lm.Options {
	return lm.Options{Folder: p.Weights, Device: p.Device, DType: p.DType, Threads: p.Threads, Attention: p.Attention}
}

// Close frees the model.
func (p *Plugin) Close(ctx context.Context) error { return p.Engine.Close(ctx) }
