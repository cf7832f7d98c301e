package run

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/host"
)

// Host is a Launcher and an experiment.Catalogue over real plugin processes.
type Host struct {
	host  *host.Host
	names map[contract.Kind][]string

	mu     sync.Mutex
	probes map[host.Binary]*host.Process // that answer questions; see Release
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
	return &Host{host: h, names: names, probes: map[host.Binary]*host.Process{}}, nil
}

// Names lists the plugins of a kind.
func (h *Host) Names(kind contract.Kind) []string { return h.names[kind] }

// Describe asks a plugin what it is; its process stays for more questions.
func (h *Host) Describe(ctx context.Context, kind contract.Kind, name string) (experiment.Plugin, error) {
	p, err := h.probe(ctx, kind, name)
	if err != nil {
		return experiment.Plugin{}, err
	}
	return experiment.Plugin{Info: p.About(), Checksum: p.Checksum()}, nil
}

// Resolve has a plugin check and complete parameters.
func (h *Host) Resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error) {
	p, err := h.probe(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	return p.Plugin().Configure(ctx, params)
}

func (h *Host) probe(ctx context.Context, kind contract.Kind, name string) (*host.Process, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := host.Binary{Kind: kind, Name: name}
	if p, ok := h.probes[key]; ok {
		return p, nil
	}
	p, err := h.host.Launch(ctx, kind, name)
	if err == nil {
		h.probes[key] = p
	}
	return p, err
}

// Release ends the processes that answered questions.
func (h *Host) Release(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []error
	for key, p := range h.probes {
		all = append(all, p.Stop(ctx))
		delete(h.probes, key)
	}
	return errors.Join(all...)
}

// Dataset starts a dataset plugin.
func (h *Host) Dataset(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Dataset], error) {
	p, err := h.host.Dataset(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap(p.Dataset, p.Process), nil
}

// Recommender starts a recommender plugin.
func (h *Host) Recommender(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Recommender], error) {
	p, err := h.host.Recommender(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap(p.Recommender, p.Process), nil
}

// Backbone starts a backbone plugin; it is a contract.Pretrainer if it can.
func (h *Host) Backbone(ctx context.Context, name string, params json.RawMessage) (*Process[contract.Backbone], error) {
	p, err := h.host.Backbone(ctx, name, params)
	if err != nil {
		return nil, err
	}
	return wrap(p.Backbone, p.Process), nil
}

func wrap[P contract.Plugin](plugin P, process *host.Process) *Process[P] {
	return &Process[P]{
		Plugin: plugin, StderrTail: process.StderrTail, Stop: process.Stop, Checksum: process.Checksum(),
		Usage: func() (int64, float64) {
			u := process.Usage()
			return u.PeakRSS, u.CPU.Seconds()
		},
	}
}
