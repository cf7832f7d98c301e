package run

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/train"
)

// ensemble makes one ranking of those that the records of other trials hold. It is
// computed in the host and has no plugin.
type ensemble struct {
	x      *execution
	fusion experiment.Fusion
}

func (m *ensemble) fit(context.Context) error        { return nil }
func (m *ensemble) report() (json.RawMessage, error) { return nil, nil }
func (m *ensemble) entries() []train.Entry           { return nil }
func (m *ensemble) peakDevice() int64                { return 0 }

func (m *ensemble) save(context.Context, string) error { return nil }

func (m *ensemble) vectors(context.Context, contract.Entity, func(*contract.FeatureChunk) error) error {
	return contract.Errorf(contract.ErrUnsupported, "an ensemble has no vectors")
}

// evaluate fuses the stored lists of a part, whose masked items are gone, and
// measures what comes out.
func (m *ensemble) evaluate(_ context.Context, part contract.Part, o eval.Options) (*eval.Result, error) {
	inputs, err := m.inputs(part)
	if err != nil {
		return nil, err
	}
	relevant, items := m.x.split.Test, m.x.split.Items.Len()
	if part == contract.PartValidation {
		relevant = m.x.split.Validation
	}
	r := &eval.Result{Part: part, Mask: o.Mask, History: o.History, Metrics: o.Metrics, Skipped: relevant.Users - len(inputs[0].Users)}
	r.Rankings = eval.Rankings{Users: inputs[0].Users, Depth: min(max(o.Depth, eval.Deepest(o.Metrics)), items)}
	for at := range r.Users {
		var lists []contract.Ranking
		for _, in := range inputs {
			lists = append(lists, in.Lists[at])
		}
		list, err := fuse(m.fusion, lists, items, r.Depth, o.Ties)
		if err != nil {
			return nil, err
		}
		r.Lists = append(r.Lists, list)
	}
	values, err := eval.Measure(r.Rankings, relevant, m.x.split.Training.Interactions, o.Metrics, max(1, o.Threads))
	if err != nil {
		return nil, err
	}
	r.Values = *values
	return r, nil
}

// inputs are the stored rankings of the trials that the ensemble needs.
func (m *ensemble) inputs(part contract.Part) ([]*eval.Rankings, error) {
	var all []*eval.Rankings
	for _, need := range m.x.event.Trial.Needs {
		t := m.x.plan.Trials[need]
		name := m.x.plan.Methods[t.Method].Name
		r, err := m.x.Store.Rankings(m.x.finished(t), string(part))
		if err != nil {
			return nil, fmt.Errorf("the rankings of %s: %w", name, err)
		}
		if len(all) > 0 && !slices.Equal(r.Users, all[0].Users) {
			return nil, contract.Errorf(contract.ErrBadData, "the %s rankings of %s are of other users than those before", part, name)
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
func fuse(f experiment.Fusion, lists []contract.Ranking, items, depth int, ties contract.Ties) (contract.Ranking, error) {
	scores, listed, base := make([]float64, items), make([]bool, items), 0.0
	for l, list := range lists {
		points, missing := shares(f.Fuse, list)
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

// shares are what a list gives to its items, and to one that it does not have.
func shares(rule string, list contract.Ranking) (points []float64, missing float64) {
	points = make([]float64, len(list.Items))
	if rule == experiment.FuseRRF {
		for i := range points {
			points[i] = 1 / float64(rrfOffset+1+i)
		}
		return points, 0
	}
	var mean, square float64
	for _, s := range list.Scores {
		mean += float64(s) / float64(len(list.Scores))
	}
	for _, s := range list.Scores {
		square += (float64(s) - mean) * (float64(s) - mean) / float64(len(list.Scores))
	}
	for i, s := range list.Scores {
		if square > 0 {
			points[i] = (float64(s) - mean) / math.Sqrt(square)
		}
		missing = min(missing, points[i])
	}
	return points, missing
}
