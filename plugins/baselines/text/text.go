package main

import (
	"context"
	"math"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/models/safetensors"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters.
type Params struct {
	Shares []float64 `json:"shares,omitempty" jsonschema:"minItems=1,exclusiveMinimum=0" jsonschema_description:"how much each feature matrix counts, in the order of features (default: all the same, with a sum of 1)"`
}

// Text ranks items by their content alone (Lops, de Gemmis, Semeraro 2011,
// "Content-based recommender systems"): the score of item j is the mean over the user's
// items i of the cosine between the features of i and j.
type Text = baseline.Fitted[Params, *content]

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Text {
	return baseline.New(baseline.Definition[Params, *content]{
		Info: contract.Info{
			Name: "text", Version: "1.0.0", Semantics: semantics,
			Summary:      "Cosine between the features of items, such as their words, without interactions of others",
			Capabilities: []contract.Capability{contract.CapabilityFeatures, contract.CapabilityFoldIn},
		},
		Fit: fit, Names: baseline.PairNames(), Read: read,
	})
}

// fit keeps the features; of the interactions it learns nothing.
func fit(_ context.Context, data *baseline.Data, w baseline.Work[Params]) (*content, error) {
	features, err := data.ItemFeatures()
	if err != nil {
		return nil, err
	}
	shares, err := baseline.Shares(w.Params.Shares, len(features))
	if err != nil {
		return nil, err
	}
	return newContent(sideBySide(features, shares, data.X.Cols)), nil
}

func read(_ context.Context, views map[string]safetensors.View, _ baseline.Work[Params]) (*content, error) {
	features, err := baseline.ReadSparse(views)
	if err != nil {
		return nil, err
	}
	return newContent(features), nil
}

// content is F [items x columns of all matrices]: rows of length 1 in each matrix, times
// the root of its share, so that F_i F_j' is the weighted sum of the cosines.
type content struct {
	features *linalg.CSR
	columns  *linalg.CSR // F'
}

func newContent(features *linalg.CSR) *content { return &content{features, features.Transpose()} }

// sideBySide puts matrices beside each other, each times the root of its share.
func sideBySide(features []*baseline.Features, shares []float64, items int) *linalg.CSR {
	f := &linalg.CSR{Rows: items, Ptr: make([]int, 1, items+1), Value: []float32{}}
	for _, m := range features {
		f.Cols += m.Width
	}
	for i := range items {
		first := 0
		for k, m := range features {
			m.Each(i, func(column int, value float32) {
				f.Index = append(f.Index, int32(first+column))
				f.Value = append(f.Value, float32(math.Sqrt(shares[k])*float64(value)))
			})
			first += m.Width
		}
		f.Ptr = append(f.Ptr, len(f.Index))
	}
	return f
}

// Tensors are F.
func (c *content) Tensors() []safetensors.Tensor { return baseline.PairTensors(c.features) }

// Rank scores by F q, where q is the mean of the history's rows of F.
func (c *content) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query, threads int) ([]contract.Ranking, error) {
	profiles := make([]profile, threads)
	return baseline.RankQueries(ctx, spec, queries, c.features.Rows, threads, func(worker int, query contract.Query, row []float64) {
		c.score(query.History, &profiles[worker], row)
	})
}

// profile is one thread's room for q.
type profile struct {
	q       []float64 // [columns], all zero between queries
	columns []int32   // that the history has, ascending
}

func (c *content) score(history []int32, p *profile, row []float64) {
	if p.q == nil {
		p.q = make([]float64, c.features.Cols)
	}
	p.columns = p.columns[:0]
	for _, i := range history {
		values := c.features.Values(int(i))
		for k, column := range c.features.Row(int(i)) {
			p.q[column] += float64(values[k]) / float64(len(history))
			p.columns = append(p.columns, column)
		}
	}
	slices.Sort(p.columns)
	for _, column := range slices.Compact(p.columns) {
		values := c.columns.Values(int(column))
		for k, j := range c.columns.Row(int(column)) {
			row[j] += p.q[column] * float64(values[k])
		}
		p.q[column] = 0
	}
}
