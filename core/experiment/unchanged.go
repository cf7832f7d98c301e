package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"cllm4rec/core/contract"
)

// DatasetUnchanged holds the plugin and the files of a data set against a plan that was read
// from disk. ErrBadData names what is another.
func (p *Plan) DatasetUnchanged(ctx context.Context, plugins Catalogue, dataset int) error {
	d := p.Datasets[dataset]
	if err := d.Plugin.same(ctx, plugins); err != nil {
		return err
	}
	files := digester{openMemo()}
	defer files.memo.save()
	for _, path := range slices.Sorted(maps.Keys(d.Digests)) {
		if sum, err := files.digest(path); err != nil || sum != d.Digests[path] {
			return another("%s, which the filter of data set %s names,", path, d.Name)
		}
	}
	return nil
}

// MethodUnchanged is DatasetUnchanged of a method, with a data set and what a search chose
// there.
func (p *Plan) MethodUnchanged(ctx context.Context, plugins Catalogue, dataset, method int) error {
	m := p.MethodOf(Trial{Dataset: dataset, Method: method})
	if m.Ensemble == nil {
		if err := m.Plugin.same(ctx, plugins); err != nil {
			return err
		}
	}
	files := digester{openMemo()}
	defer files.memo.save()
	for _, f := range m.Features {
		if now, err := files.portableFeature(f.Feature); err != nil || !sameJSON(now, f.Portable) {
			return another("a file of the features of %s", m.Name)
		}
		if f.Embedder != nil {
			if err := f.Embedder.same(ctx, plugins); err != nil {
				return err
			}
		}
	}
	for _, row := range m.TextRows {
		if now, err := files.portableRow(row.TextRow); err != nil || !sameJSON(now, row.Portable) {
			return another("a file of the text rows of %s", m.Name)
		}
	}
	return nil
}

// KeyUnchanged reports whether this version of the program gives a trial the key that it has
// in a plan that was read from disk.
func (p *Plan) KeyUnchanged(t Trial) error {
	c, err := p.Content(t)
	if err != nil {
		return err
	}
	if key, err := keyOf(c.Evaluate); err != nil || key != t.Key {
		return contract.Errorf(contract.ErrBadData, "trial %.12s has the key %.12s by this version of the program, whose numbers may differ from those of the version that made the plan: make the plan anew", t.Key, key)
	}
	return nil
}

// same holds a plugin's binary and the files of its parameters against the plan.
func (u PluginPlan) same(ctx context.Context, plugins Catalogue) error {
	if u.Failure != "" {
		return contract.Errorf(contract.ErrDied, "while the run was planned: %s", u.Failure)
	}
	now, err := plugins.Describe(ctx, u.Kind, u.Name)
	if err != nil {
		return err
	}
	if now.Checksum != u.Checksum {
		return another("%s plugin %s (version %s, the plan has %s)", u.Kind, u.Name, now.Version, u.Version)
	}
	return u.Unchanged(now.Schema)
}

func another(what string, args ...any) error {
	return contract.Errorf(contract.ErrBadData, what+" changed after the plan was made: make the plan anew", args...)
}

// sameJSON compares values and not how they are laid out: a plan on disk is indented.
func sameJSON(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	left, err := canonical(a)
	if err != nil {
		return false
	}
	right, err := canonical(b)
	return err == nil && bytes.Equal(left, right)
}
