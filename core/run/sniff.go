package run

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/host"
)

// Recognised is a plugin's guess about a path, and what came of trying it.
type Recognised struct {
	Plugin string
	contract.Guess
	Sample data.Sample // the first rows, read as guessed
	Err    error       // that kept the guess from being read; nil when it reads
}

// Sniff asks every dataset plugin that recognises files how it would read a path,
// and tries each guess on the first rows. Guesses that read come first, surest
// first. A plugin that fails to answer is part of the error; the others' guesses stand.
func Sniff(ctx context.Context, h *Host, path string) ([]Recognised, error) {
	var all []Recognised
	var failures []error
	for _, name := range h.Names(contract.KindDataset) {
		found, err := h.sniff(ctx, name, path)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, contract.ErrNotFound) {
			return nil, err
		}
		if err != nil {
			failures = append(failures, err)
		}
		all = append(all, found...)
	}
	slices.SortStableFunc(all, func(a, b Recognised) int {
		return cmp.Or(cmp.Compare(failed(a), failed(b)), cmp.Compare(rank(a), rank(b)))
	})
	return all, errors.Join(failures...)
}

func failed(s Recognised) int {
	if s.Err != nil {
		return 1
	}
	return 0
}

func rank(s Recognised) int { return slices.Index(contract.Confidences(), s.Confidence) }

func (h *Host) sniff(ctx context.Context, name, path string) ([]Recognised, error) {
	p, err := h.probe(ctx, contract.KindDataset, name)
	if err != nil || !p.Info.Can(contract.CapabilitySniff) {
		return nil, err
	}
	guesses, err := p.Plugin.(contract.Sniffer).Sniff(ctx, path)
	if err != nil {
		return nil, err
	}
	var found []Recognised
	for _, g := range guesses {
		s := Recognised{Plugin: name, Guess: g}
		s.Sample, s.Err = tryGuess(ctx, p, g)
		found = append(found, s)
	}
	return found, nil
}

func tryGuess(ctx context.Context, p *host.Running[contract.Plugin], g contract.Guess) (data.Sample, error) {
	if _, err := p.Plugin.Configure(ctx, g.Params); err != nil {
		return data.Sample{}, err
	}
	return data.Look(ctx, p.Plugin.(contract.Dataset), 1)
}
