package run

import (
	"context"
	"encoding/json"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
)

// Host is a Launcher and an experiment.Catalogue over real plugin processes.
type Host struct {
	host  *host.Host
	names map[contract.Kind][]string

	mu    sync.Mutex
	known map[host.Binary]experiment.Plugin
}

// NewHost lists the plugins of a host.
func NewHost(h *host.Host) (*Host, error) {
	binaries, err := h.List()
	if err != nil {
		return nil, err
	}
	names := map[contract.Kind][]string{}
	for _, b := range binaries {
		names[b.Kind] = append(names[b.Kind], b.Name)
	}
	return &Host{host: h, names: names, known: map[host.Binary]experiment.Plugin{}}, nil
}

// Names lists the plugins of a kind.
func (h *Host) Names(kind contract.Kind) []string { return h.names[kind] }

// Describe starts a plugin once to ask what it is.
func (h *Host) Describe(ctx context.Context, kind contract.Kind, name string) (experiment.Plugin, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := host.Binary{Kind: kind, Name: name}
	if p, ok := h.known[key]; ok {
		return p, nil
	}
	probe, err := h.host.Describe(ctx, kind, name)
	if err != nil {
		return experiment.Plugin{}, err
	}
	h.known[key] = experiment.Plugin{Info: probe.Info, Checksum: probe.Checksum}
	return h.known[key], nil
}

// Dataset starts a dataset plugin.
func (h *Host) Dataset(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Dataset], error) {
	p, err := h.host.Dataset(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap[contract.Dataset](p, p.Process), nil
}

// Recommender starts a recommender plugin.
func (h *Host) Recommender(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Recommender], error) {
	p, err := h.host.Recommender(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap[contract.Recommender](p, p.Process), nil
}

// Backbone starts a backbone plugin.
func (h *Host) Backbone(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Backbone], error) {
	p, err := h.host.Backbone(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap[contract.Backbone](p, p.Process), nil
}

func wrap[P contract.Plugin](plugin P, process *host.Process) *Process[P] {
	return &Process[P]{
		Plugin: plugin, LastWords: process.LastWords, Stop: process.Stop, Checksum: process.Checksum(),
		Usage: func() (int64, float64) {
			u := process.Usage()
			return u.PeakRSS, u.CPU.Seconds()
		},
	}
}
