package main

import (
	"context"
	"math"
	"sync"

	"cllm4rec/core/contract"
	"cllm4rec/core/sdk"
	"cllm4rec/plugins/internal/baseline"
	"cllm4rec/plugins/internal/numerics/linalg"
)

// Params are the plugin's parameters.
type Params struct {
	Shares []float64 `json:"shares,omitempty" jsonschema:"minItems=1,exclusiveMinimum=0" jsonschema_description:"how much each feature matrix counts, in the order of features (default: all the same, with a sum of 1)"`
}

// Text ranks items by their content alone (Lops, de Gemmis, Semeraro 2011,
// "Content-based recommender systems"): the score of item j is the mean over the user's
// items i of the cosine between the features of i and j.
type Text struct {
	sdk.Base[Params]
	// features is F [items x columns of all matrices]: rows of length 1 in each matrix,
	// times the root of its share, so that F_i F_j' is the weighted sum of the cosines.
	// nil before Fit.
	features *linalg.CSR
	threads  int
	profiles sync.Pool // of *[]float64, [columns], all zero
}

// semantics is raised when the same parameters, data and seed may give other
// numbers; testdata/semantics.json holds some for each.
const semantics = 1

// New makes the plugin.
func New() *Text {
	p := &Text{Base: sdk.NewBase[Params](contract.Info{
		Kind: contract.KindRecommender, Name: "text", Version: "1.0.0", Semantics: semantics,
		Summary:      "Cosine between the features of items, such as their words, without interactions of others",
		Capabilities: []contract.Capability{contract.CapabilityFeatures, contract.CapabilityState, contract.CapabilityFoldIn},
	})}
	p.Forget = func() { p.features = nil }
	return p
}

// Fit keeps the features; of the interactions it learns nothing.
func (p *Text) Fit(ctx context.Context, spec contract.FitSpec, train contract.Train, progress contract.OnProgress) error {
	if err := p.Configured("Fit"); err != nil {
		return err
	}
	data, err := baseline.Gather(ctx, spec, train, progress)
	if err != nil {
		return err
	}
	features, err := data.ItemFeatures()
	if err != nil {
		return err
	}
	shares, err := baseline.Shares(p.Params().Shares, len(features))
	if err != nil {
		return err
	}
	p.use(sideBySide(features, shares, spec.Items), spec.Resources.Threads)
	return nil
}

func (p *Text) use(features *linalg.CSR, threads int) {
	p.features, p.threads = features, linalg.Threads(threads)
	p.profiles = sync.Pool{New: func() any { profile := make([]float64, features.Cols); return &profile }}
}

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

// Rank scores all items from each query's history.
func (p *Text) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	if p.features == nil {
		return nil, sdk.ErrOrder("Rank", "Fit")
	}
	return baseline.RankRows(ctx, spec, queries, p.features.Rows, p.threads, p.score)
}

// score is F q, where q is the mean of the history's rows of F.
func (p *Text) score(history []int32, row []float64) {
	profile := p.profiles.Get().(*[]float64)
	defer p.profiles.Put(profile)
	q, f := *profile, p.features
	for _, i := range history {
		for at := f.Ptr[i]; at < f.Ptr[i+1]; at++ {
			q[f.Index[at]] += float64(f.Value[at]) / float64(len(history))
		}
	}
	for j := range row {
		for at := f.Ptr[j]; at < f.Ptr[j+1]; at++ {
			row[j] += q[f.Index[at]] * float64(f.Value[at])
		}
	}
	for _, i := range history {
		for _, column := range f.Row(int(i)) {
			q[column] = 0
		}
	}
}
