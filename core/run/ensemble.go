package run

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
	"cllm4rec/core/train"
)

// ensemble makes one ranking of those that the records of other trials hold. It is
// computed in the host and has no plugin.
type ensemble struct {
	x      *execution
	fusion experiment.Fusion // with weights after fit
}

func (m *ensemble) report() (json.RawMessage, error) { return nil, nil }
func (m *ensemble) earlier() (float64, int)          { return 0, 0 }
func (m *ensemble) entries() []train.Entry           { return nil }
func (m *ensemble) peakDevice() int64                { return 0 }
func (m *ensemble) peakRSS() int64                   { return 0 }

func (m *ensemble) save(context.Context, string) error { return nil }

func (m *ensemble) vectors(context.Context, contract.Entity, func(*contract.FeatureChunk) error) error {
	return contract.Errorf(contract.ErrUnsupported, "an ensemble has no vectors")
}

// fit chooses the weights where they are not given: the first combination of those whose
// metrics on validation have the highest sum.
func (m *ensemble) fit(ctx context.Context) error {
	m.x.rec.Ensemble = &record.Ensemble{Weights: m.fusion.Weights}
	if m.fusion.Grid == nil {
		return nil
	}
	if m.x.split.Validation == nil {
		return contract.Errorf(contract.ErrInvalid, "weights are chosen on validation, and the split has no validation part: give weights")
	}
	o, err := m.x.evalOptions(m.fusion.Metrics)
	if err != nil {
		return err
	}
	inputs, err := m.inputs(contract.PartValidation)
	if err != nil {
		return err
	}
	combinations, best := m.fusion.Combinations(), math.Inf(-1)
	for i, weights := range combinations {
		score, err := m.score(ctx, weights, inputs, o)
		if err != nil {
			return err
		}
		if score > best {
			best = score
			m.fusion.Weights = weights
		}
		m.x.fitting(contract.Progress{Stage: "select weights", Done: int64(i + 1), Total: int64(len(combinations)), Unit: "combination"})
	}
	*m.x.rec.Ensemble = record.Ensemble{Weights: m.fusion.Weights, Tried: len(combinations), Score: best}
	return nil
}

// score is the sum of the metrics on validation under some weights.
func (m *ensemble) score(ctx context.Context, weights []float64, inputs []*eval.Rankings, o eval.Options) (float64, error) {
	f := m.fusion
	f.Weights = weights
	r, err := m.fused(ctx, f, inputs, eval.Deepest(o.Metrics), o)
	if err != nil {
		return 0, err
	}
	values, err := eval.Measure(*r, m.x.split.Validation, m.x.split.Training.Interactions, o.Metrics, max(1, o.Threads))
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, name := range m.fusion.Metrics {
		sum += stats.Mean(values.PerUser[name])
	}
	return sum, nil
}

// evaluate fuses the stored lists of a part, whose masked items are gone, and
// measures what comes out.
func (m *ensemble) evaluate(ctx context.Context, part contract.Part, o eval.Options) (*eval.Result, error) {
	inputs, err := m.inputs(part)
	if err != nil {
		return nil, err
	}
	relevant := m.x.split.Test
	if part == contract.PartValidation {
		relevant = m.x.split.Validation
	}
	rankings, err := m.fused(ctx, m.fusion, inputs, max(o.Depth, eval.Deepest(o.Metrics)), o)
	if err != nil {
		return nil, err
	}
	values, err := eval.Measure(*rankings, relevant, m.x.split.Training.Interactions, o.Metrics, max(1, o.Threads))
	if err != nil {
		return nil, err
	}
	return &eval.Result{
		Part: part, Mask: o.Mask, History: o.History, Metrics: o.Metrics, Skipped: relevant.Users - len(inputs[0].Users),
		Rankings: *rankings, Values: *values,
	}, nil
}

// fusedUsers is how many users a goroutine fuses at a time.
const fusedUsers = 64

// fused makes one list for each user of the inputs.
func (m *ensemble) fused(ctx context.Context, f experiment.Fusion, inputs []*eval.Rankings, depth int, o eval.Options) (*eval.Rankings, error) {
	items := m.x.split.Items.Len()
	r := &eval.Rankings{Users: inputs[0].Users, Depth: min(depth, items), Lists: make([]contract.Ranking, len(inputs[0].Users))}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(o.Threads, runtime.GOMAXPROCS(0)))
	for lo := 0; lo < len(r.Lists); lo += fusedUsers {
		group.Go(func() error {
			for at := lo; at < min(lo+fusedUsers, len(r.Lists)) && ctx.Err() == nil; at++ {
				var lists []contract.Ranking
				for _, in := range inputs {
					lists = append(lists, in.Lists[at])
				}
				var err error
				if r.Lists[at], err = fuse(f, lists, items, r.Depth, o.Ties); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return r, group.Wait()
}

// inputs are the stored rankings of the trials that the ensemble needs, as deep as they
// count.
func (m *ensemble) inputs(part contract.Part) ([]*eval.Rankings, error) {
	var all []*eval.Rankings
	for _, need := range m.x.event.Trial.Needs {
		t := m.x.plan.Trials[need]
		name := m.x.plan.Methods[t.Method].Name
		rec, err := m.x.Store.Load(t.Key)
		if err != nil {
			return nil, err
		}
		r, err := m.x.Store.Rankings(rec, string(part))
		if err != nil {
			return nil, fmt.Errorf("the rankings of %s: %w", name, err)
		}
		if len(all) > 0 && !slices.Equal(r.Users, all[0].Users) {
			return nil, contract.Errorf(contract.ErrBadData, "the %s rankings of %s are of other users than those before", part, name)
		}
		for i, list := range r.Lists {
			if n := min(len(list.Items), m.fusion.Depth); n > 0 {
				r.Lists[i] = contract.Ranking{Items: list.Items[:n], Scores: list.Scores[:n]}
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// rrfOffset is the constant of reciprocal rank fusion.
const rrfOffset = 60

// fuse makes one list of several lists of one user: the depth best of the items that
// stand in any of them.
//
// rrf: sum over lists of w / (60 + rank), ranks from 1; an item that a list does not
// have gets nothing from it (Cormack, Clarke, Büttcher 2009, "Reciprocal rank fusion
// outperforms Condorcet and individual rank learning methods").
//
// zscore: sum over lists of w * z, with z = (score - mean) / deviation over the
// scores of the list (0 where all are equal); an item that a list does not have gets
// the list's lowest z.
//
// linear: as zscore, but of the first list the scores as they are.
func fuse(f experiment.Fusion, lists []contract.Ranking, items, depth int, ties contract.Ties) (contract.Ranking, error) {
	scores, listed, base := make([]float64, items), make([]bool, items), 0.0
	for l, list := range lists {
		points, missing := shares(f.Fuse, l, list)
		base += f.Weights[l] * missing
		for i, item := range list.Items {
			scores[item] += f.Weights[l] * (points[i] - missing)
			listed[item] = true
		}
	}
	n, lowest := 0, math.Inf(1)
	for item, is := range listed {
		if is {
			n, scores[item] = n+1, scores[item]+base
			lowest = min(lowest, scores[item])
		}
	}
	for item, is := range listed {
		if !is {
			scores[item] = lowest - 1 // behind all others, and so beyond the first n
		}
	}
	if n == 0 {
		return contract.Ranking{}, nil
	}
	return contract.TopK(scores, min(depth, n), ties)
}

// shares are what list number l gives to its items, and to one that it does not have.
func shares(rule string, l int, list contract.Ranking) (points []float64, missing float64) {
	points = make([]float64, len(list.Items))
	switch {
	case rule == experiment.FuseRRF:
		for i := range points {
			points[i] = 1 / float64(rrfOffset+1+i)
		}
		return points, 0
	case rule == experiment.FuseLinear && l == 0:
		for i, s := range list.Scores {
			points[i], missing = float64(s), float64(s) // the last one is the lowest
		}
		return points, missing
	}
	return list.Standard()
}
