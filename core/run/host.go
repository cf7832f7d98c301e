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
	*host.Host
	names map[contract.Kind][]string

	mu     sync.Mutex
	probes map[host.Binary]*host.Running[contract.Plugin] // that answer questions; see Release
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
	return &Host{Host: h, names: names, probes: map[host.Binary]*host.Running[contract.Plugin]{}}, nil
}

// Names lists the plugins of a kind.
func (h *Host) Names(kind contract.Kind) []string { return h.names[kind] }

// Describe asks a plugin what it is; its process stays for more questions.
func (h *Host) Describe(ctx context.Context, kind contract.Kind, name string) (experiment.Plugin, error) {
	p, err := h.probe(ctx, kind, name)
	if err != nil {
		return experiment.Plugin{}, err
	}
	return experiment.Plugin{Info: p.Info, Checksum: p.Checksum}, nil
}

// Resolve has a plugin check and complete parameters. A process that was there before
// and dies may have been killed by others: a fresh one then decides.
func (h *Host) Resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error) {
	resolved, err := h.resolve(ctx, kind, name, params)
	if errors.Is(err, contract.ErrDied) {
		h.drop(ctx, kind, name)
		resolved, err = h.resolve(ctx, kind, name, params)
	}
	return resolved, err
}

func (h *Host) resolve(ctx context.Context, kind contract.Kind, name string, params json.RawMessage) (json.RawMessage, error) {
	p, err := h.probe(ctx, kind, name)
	if err != nil {
		return nil, err
	}
	return p.Plugin.Configure(ctx, params)
}

// drop forgets a process that does not answer.
func (h *Host) drop(ctx context.Context, kind contract.Kind, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := host.Binary{Kind: kind, Name: name}
	if p := h.probes[key]; p != nil {
		delete(h.probes, key)
		stop(ctx, p)
	}
}

func (h *Host) probe(ctx context.Context, kind contract.Kind, name string) (*host.Running[contract.Plugin], error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := host.Binary{Kind: kind, Name: name}
	if p, ok := h.probes[key]; ok {
		return p, nil
	}
	p, err := h.Launch(ctx, kind, name)
	if err == nil {
		h.probes[key] = p
	}
	return p, err
}

// Release ends the processes that answered questions.
func (h *Host) Release(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, p := range h.probes {
		stop(ctx, p)
		delete(h.probes, key)
	}
}
