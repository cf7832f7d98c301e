package host

import (
	"context"
	"encoding/json"

	"cllm4rec/core/contract"
)

// Dataset is a running dataset plugin.
type Dataset struct {
	contract.Dataset
	*Process
}

// Recommender is a running recommender plugin.
type Recommender struct {
	contract.Recommender
	*Process
}

// Backbone is a running backbone plugin.
type Backbone struct {
	contract.Backbone
	*Process
}

// Pretrainer is the same plugin with Pretrain, if it has CapabilityPretrain.
func (b *Backbone) Pretrainer() (contract.Pretrainer, bool) {
	p, ok := b.Backbone.(contract.Pretrainer)
	return p, ok && b.About().Can(contract.CapabilityPretrain)
}

// Dataset starts a dataset plugin and configures it with params, a JSON object.
// Stop it when done.
func (h *Host) Dataset(ctx context.Context, name string, params json.RawMessage) (*Dataset, error) {
	p, err := h.start(ctx, contract.KindDataset, name, params)
	if err != nil {
		return nil, err
	}
	return &Dataset{p.rpc.(contract.Dataset), p}, nil
}

// Recommender starts a recommender plugin and configures it.
func (h *Host) Recommender(ctx context.Context, name string, params json.RawMessage) (*Recommender, error) {
	p, err := h.start(ctx, contract.KindRecommender, name, params)
	if err != nil {
		return nil, err
	}
	return &Recommender{p.rpc.(contract.Recommender), p}, nil
}

// Backbone starts a backbone plugin and configures it; its weights load with Load.
func (h *Host) Backbone(ctx context.Context, name string, params json.RawMessage) (*Backbone, error) {
	p, err := h.start(ctx, contract.KindBackbone, name, params)
	if err != nil {
		return nil, err
	}
	return &Backbone{p.rpc.(contract.Backbone), p}, nil
}

// Probe is what can be known of a plugin without giving it work.
type Probe struct {
	Binary
	Info     contract.Info
	Resolved json.RawMessage // nil when no parameters were checked
	Checksum string
}

// Describe starts a plugin, asks what it is and stops it.
func (h *Host) Describe(ctx context.Context, kind contract.Kind, name string) (Probe, error) {
	p, err := h.Launch(ctx, kind, name)
	if err != nil {
		return Probe{}, err
	}
	return Probe{Binary: p.binary, Info: p.info, Checksum: p.checksum}, p.Stop(ctx)
}

// Check starts a plugin, has it check and complete params, and stops it.
func (h *Host) Check(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (Probe, error) {
	p, err := h.start(ctx, kind, name, params)
	if err != nil {
		return Probe{}, err
	}
	probe := Probe{Binary: p.binary, Info: p.info, Resolved: p.resolved, Checksum: p.checksum}
	return probe, p.Stop(ctx)
}
