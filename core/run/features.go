package run

import (
	"context"
	"fmt"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/features"
)

// features are the matrices that a recommender is given, in the order in which its
// method names them.
func (x *execution) features(ctx context.Context, m experiment.MethodPlan) ([]*contract.FeatureChunk, error) {
	var chunks []*contract.FeatureChunk
	err := x.eachFeature(ctx, m, func(name string, f experiment.FeaturePlan, m *features.Matrix) {
		chunks = append(chunks, m.Chunks(name, contract.Entity(f.Entity))...)
	})
	return chunks, err
}

// tokenFeatures are the features that the item tokens of CLLM4Rec are made of, as one
// matrix; none where they are made of nothing.
func (x *execution) tokenFeatures(ctx context.Context) ([]*contract.FeatureChunk, error) {
	var all []*features.Matrix
	err := x.eachFeature(ctx, x.plan.MethodOf(x.event.Trial), func(_ string, _ experiment.FeaturePlan, m *features.Matrix) { all = append(all, m) })
	if err != nil || all == nil {
		return nil, err
	}
	joined, err := features.Join(all)
	if err != nil {
		return nil, err
	}
	return joined.Chunks("tokens", contract.EntityItem), nil
}

// eachFeature makes the feature matrices of a method, one after another. Those that come
// from other trials are the needs of this one.
func (x *execution) eachFeature(ctx context.Context, method experiment.MethodPlan, take func(name string, f experiment.FeaturePlan, m *features.Matrix)) error {
	taken := 0
	for i, f := range method.Features {
		name := fmt.Sprintf("features %d", i+1)
		m, err := x.source(ctx, f, taken)
		if f.Of != "" {
			taken, name = taken+1, f.Of+" "+f.Entity
		}
		if err == nil {
			m, err = f.SVD.Apply(m)
		}
		if err == nil {
			m, err = f.Whitening.Apply(m)
		}
		if err == nil {
			m, err = x.shuffled(m, f.Shuffle)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		take(name, f, m)
	}
	return nil
}

// source is a feature matrix as it comes; need counts those that come from other trials.
func (x *execution) source(ctx context.Context, f experiment.FeaturePlan, need int) (*features.Matrix, error) {
	switch {
	case f.TFIDF != nil:
		return x.tfidf(*f.TFIDF)
	case f.File != nil && f.Entity == string(contract.EntityUser):
		return f.File.Matrix(x.split.Users, contract.EntityUser)
	case f.File != nil:
		return f.File.Matrix(x.split.Items, contract.EntityItem)
	case f.Embed != nil:
		return x.embed(ctx, f)
	}
	rec, err := x.Store.Load(x.plan.Trials[x.event.Trial.Needs[need]].Key)
	if err != nil {
		return nil, err
	}
	m, err := x.Store.Vectors(rec, contract.Entity(f.Entity))
	if err != nil {
		return nil, fmt.Errorf("the features of %s: %w", f.Of, err)
	}
	return &features.Matrix{Rows: m.Rows, Width: m.Width, Dense: m.Values}, nil
}

func (x *execution) tfidf(o features.TFIDF) (*features.Matrix, error) {
	documents, err := features.Documents(x.split.Training.Texts, o.Fields, x.split.Items.Len())
	if err != nil {
		return nil, err
	}
	return o.Matrix(documents)
}

// shuffled gives each row what is another's, where that is asked for.
func (x *execution) shuffled(m *features.Matrix, s features.Shuffle) (*features.Matrix, error) {
	order, err := s.Order(m.Rows)
	if err != nil || order == nil {
		return m, err
	}
	return m.Permuted(order), nil
}

// textRows are the words that a recommender is given as further users.
func (x *execution) textRows(method experiment.MethodPlan) ([]*contract.SideChunk, error) {
	var chunks []*contract.SideChunk
	for i, row := range method.TextRows {
		name := fmt.Sprintf("text rows %d", i+1)
		m, err := x.tfidf(row.TFIDF)
		if err == nil {
			m, err = x.shuffled(m, row.Shuffle)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		chunks = append(chunks, m.SideChunks(name, row.Weight)...)
	}
	return chunks, nil
}

// streamBeside streams feature matrices, then side interactions.
func streamBeside(matrices []*contract.FeatureChunk, sides []*contract.SideChunk, yield func(*contract.TrainChunk, error) bool) bool {
	for _, f := range matrices {
		if !yield(&contract.TrainChunk{Features: f}, nil) {
			return false
		}
	}
	for _, s := range sides {
		if !yield(&contract.TrainChunk{Side: s}, nil) {
			return false
		}
	}
	return true
}
