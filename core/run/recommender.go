package run

import (
	"context"
	"encoding/json"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// Chunks of training data hold about a mebibyte: an interaction takes at most
// 20 bytes, a text its length.
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
	work     stage.Folder    // of checkpoints
	learned  learned
	before   float64 // seconds of training by earlier processes
}

func (m *recommender) fit(ctx context.Context) error {
	chunks, err := m.x.trainingOf(ctx, m.x.plan.MethodOf(m.x.event.Trial), m.info)
	if err != nil {
		return err
	}
	spec := m.x.fitSpec(m.x.resources())
	shared, err := m.x.sharedFit(m.state() != nil)
	if err != nil {
		return err
	}
	if shared == nil {
		return m.train(ctx, m.x.work, spec, chunks)
	}
	return m.share(ctx, *shared, spec, chunks)
}

// train learns from the data. What learns in epochs has its checkpoints in a folder.
func (m *recommender) train(ctx context.Context, work stage.Folder, spec contract.FitSpec, chunks contract.Train) error {
	if m.work = work; m.settings != nil {
		return m.learn(ctx, spec, chunks)
	}
	return m.plugin.Fit(ctx, spec, chunks, m.x.fitting)
}

// state is the plugin where its model goes to a file, else nil.
func (m *recommender) state() contract.Stateful {
	state, ok := m.plugin.(contract.Stateful)
	if !ok || !m.info.Can(contract.CapabilityState) {
		return nil
	}
	return state
}

// trainingOf is the stream of training data that a method's plugin is given.
func (x *execution) trainingOf(ctx context.Context, method experiment.MethodPlan, plugin contract.Info) (contract.Train, error) {
	features, err := x.features(ctx, method)
	if err != nil {
		return nil, err
	}
	sides, err := x.textRows(method)
	return stream(training(x.split.Training, plugin), features, sides), err
}

func (x *execution) fitSpec(r contract.Resources) contract.FitSpec {
	return contract.FitSpec{Users: x.split.Users.Len(), Items: x.split.Items.Len(), Seed: x.event.Trial.Seed, Resources: r}
}

func (m *recommender) evaluate(ctx context.Context, part contract.Part, o eval.Options) (*eval.Result, error) {
	return eval.Evaluate(ctx, m.plugin, m.x.split, part, o)
}

func (m *recommender) vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	source, ok := m.plugin.(contract.VectorSource)
	if !ok || !m.info.Can(contract.CapabilityVectors) {
		return contract.Errorf(contract.ErrUnsupported, "recommender plugin %s gives no vectors: it lacks the capability %q", m.info.Name, contract.CapabilityVectors)
	}
	return source.Vectors(ctx, entity, yield)
}

// recommenderFile is the state of a recommender in the folder of its kept model.
const recommenderFile = "recommender.state"

func (m *recommender) save(ctx context.Context, dir string) error {
	if m.state() == nil {
		return nil
	}
	return m.state().Save(ctx, filepath.Join(dir, recommenderFile))
}

func (m *recommender) report() (json.RawMessage, error) { return nil, nil }
func (m *recommender) entries() []train.Entry           { return m.learned.Log }
func (m *recommender) earlier() (float64, int)          { return m.before, m.learned.Resumed }

func (m *recommender) peakRSS() int64 { return m.learned.PeakRSS }

func (m *recommender) peakDevice() (most int64) {
	for _, e := range m.learned.Log {
		most = max(most, e.PeakMemory)
	}
	return most
}

// stream cuts training data into chunks: all interactions, sorted by user and
// then by position in the history, then the texts, the attributes, the features, the
// side interactions.
func stream(t data.Training, features []*contract.FeatureChunk, sides []*contract.SideChunk) contract.Train {
	return func(yield func(*contract.TrainChunk, error) bool) {
		_ = streamInteractions(t.Interactions, yield) && streamTexts(t.Texts, yield) && streamAttributes(t.Attributes, yield) && streamBeside(features, sides, yield)
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

func streamTexts(texts []data.Text, yield func(*contract.TrainChunk, error) bool) bool {
	c, size := &contract.TrainChunk{}, 0
	for _, d := range texts {
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
