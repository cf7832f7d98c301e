package host

import (
	"context"
	"encoding/json"

	"cllm4rec/core/contract"
)

// Running is a plugin that runs: what it can be asked, what it is, and the life of
// its process. Stop it when done.
type Running[P contract.Plugin] struct {
	Plugin   P // its contract, such as contract.Dataset; every backbone has Pretrain, see Info
	Binary   Binary
	Info     contract.Info   // taken at its start
	Checksum string          // sha256 of the binary that runs, in hex
	Resolved json.RawMessage // its parameters with every default; nil after Launch
	Life
}

// Life is the process behind a plugin.
type Life interface {
	// PID is the process id, and the number of the process group of its own.
	PID() int
	// Usage is what the process has taken so far, or up to its end. Of a process
	// that died by itself the peak is that of the last look, and 0 without one.
	Usage() Usage
	// StderrTail is the last lines that the plugin wrote to stderr, at most 20;
	// log entries are given as text, control characters quoted.
	StderrTail() []string
	// Stop ends the plugin: Close first, which cancels the call in hand, with the
	// host's StopTimeout; then the process, by force if need be. What went wrong
	// is logged as a warning: results that the plugin gave before stand. Later
	// calls return what the first returned.
	Stop(ctx context.Context) error
}

// Dataset starts a dataset plugin and configures it with params, a JSON object.
// ctx bounds the start, not the life of the process.
func (h *Host) Dataset(ctx context.Context, name string, params json.RawMessage) (*Running[contract.Dataset], error) {
	return configured[contract.Dataset](ctx, h, contract.KindDataset, name, params)
}

// Recommender starts a recommender plugin and configures it.
func (h *Host) Recommender(ctx context.Context, name string, params json.RawMessage) (*Running[contract.Recommender], error) {
	return configured[contract.Recommender](ctx, h, contract.KindRecommender, name, params)
}

// Backbone starts a backbone plugin and configures it; its weights load with Load.
func (h *Host) Backbone(ctx context.Context, name string, params json.RawMessage) (*Running[contract.Backbone], error) {
	return configured[contract.Backbone](ctx, h, contract.KindBackbone, name, params)
}

// Launch starts a plugin that is yet to be configured; most callers want Dataset,
// Recommender or Backbone.
func (h *Host) Launch(ctx context.Context, kind contract.Kind, name string) (*Running[contract.Plugin], error) {
	p, err := h.introduced(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	return running[contract.Plugin](p, nil), nil
}

// configured runs a plugin up to the point where it has its parameters.
func configured[P contract.Plugin](ctx context.Context, h *Host, kind contract.Kind, name string, params json.RawMessage) (*Running[P], error) {
	p, err := h.introduced(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	resolved, err := p.rpc.Configure(ctx, params)
	if err != nil {
		p.discard()
		return nil, named(name, err)
	}
	return running[P](p, resolved), nil
}

func running[P contract.Plugin](p *process, resolved json.RawMessage) *Running[P] {
	return &Running[P]{
		Plugin: p.rpc.(P), // what pluginrpc.Using dispenses for the kind
		Binary: p.binary, Info: p.info, Checksum: p.checksum, Resolved: resolved, Life: p,
	}
}
