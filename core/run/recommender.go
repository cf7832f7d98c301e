package run

import (
	"context"
	"encoding/json"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/train"
)

// Chunks of training data hold about a mebibyte: an interaction takes at most
// 20 bytes, a document its text.
const (
	chunkRows  = 1 << 20 / 20
	chunkBytes = 1 << 20
)

// recommender is a recommender plugin as a method.
type recommender struct {
	plugin   contract.Recommender
	info     contract.Info
	x        *execution
	settings *train.Settings // nil when it does not learn in epochs
	log      []train.Entry
}

func (m *recommender) fit(ctx context.Context) error {
	chunks := stream(training(m.x.split.Training, m.info))
	spec := contract.FitSpec{
		Users: m.x.split.Users.Len(), Items: m.x.split.Items.Len(), Seed: m.x.event.Trial.Seed, Resources: m.x.resources(),
	}
	if m.settings != nil {
		return m.learn(ctx, spec, chunks)
	}
	return m.plugin.Fit(ctx, spec, chunks, m.x.progress)
}

func (m *recommender) Rank(ctx context.Context, spec contract.RankSpec, queries []contract.Query) ([]contract.Ranking, error) {
	return m.plugin.Rank(ctx, spec, queries)
}

func (m *recommender) report() (json.RawMessage, error) { return nil, nil }
func (m *recommender) entries() []train.Entry           { return m.log }

func (m *recommender) peakDevice() (most int64) {
	for _, e := range m.log {
		most = max(most, e.PeakMemory)
	}
	return most
}

// stream cuts training data into chunks: all interactions, sorted by user and
// then by position in the history, then the texts, then the attributes.
func stream(t data.Training) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		_ = streamInteractions(t.Interactions, yield) && streamDocuments(t.Texts, yield) && streamAttributes(t.Attributes, yield)
	}
}

func streamInteractions(x *data.Interactions, yield func(*contract.TrainChunk, error) bool) bool {
	user := int32(0)
	for lo := 0; lo < x.Len(); lo += chunkRows {
		hi := min(lo+chunkRows, x.Len())
		c := &contract.TrainChunk{Users: make([]int32, hi-lo), Items: x.Item[lo:hi]}
		for i := range c.Users {
			for x.Ptr[user+1] <= lo+i {
				user++
			}
			c.Users[i] = user
		}
		if x.Value != nil {
			c.Values = x.Value[lo:hi]
		}
		if x.Time != nil {
			c.Times = x.Time[lo:hi]
		}
		if !yield(c, nil) {
			return false
		}
	}
	return true
}

func streamDocuments(documents []data.Text, yield func(*contract.TrainChunk, error) bool) bool {
	c, size := &contract.TrainChunk{}, 0
	for _, d := range documents {
		c.Texts = append(c.Texts, contract.TrainText{Kind: d.Kind, User: d.User, Item: d.Item, Text: d.Text})
		if size += len(d.Text) + 16; size < chunkBytes {
			continue
		}
		if !yield(c, nil) {
			return false
		}
		c, size = &contract.TrainChunk{}, 0
	}
	return len(c.Texts) == 0 || yield(c, nil)
}
