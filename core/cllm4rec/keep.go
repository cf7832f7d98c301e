package cllm4rec

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/disk"
)

// The files of a kept model: the tower that ranks, the content tower where new items have
// its tokens, and the pipeline's State.
const (
	towerFile   = "collaborative.tower"
	contentFile = "content.tower"
	stateFile   = "state.json"
)

// keptTowers are the files of the towers that ranking needs, by name.
func (s Settings) keptTowers() map[string]string {
	files := map[string]string{towerCollaborative: towerFile}
	if s.Cold.Item == ColdItemContent {
		files[towerContent] = contentFile
	}
	return files
}

// Save writes what Load needs into a folder: the tower that ranks, and the state of
// the training. The path must be absolute when the backbone runs elsewhere.
func (m *Model) Save(ctx context.Context, dir string) error {
	for tower, file := range m.settings.keptTowers() {
		if err := m.backbone.SaveTower(ctx, tower, filepath.Join(dir, file)); err != nil {
			return err
		}
	}
	state := *m.state
	state.Towers = nil // of checkpoints
	raw, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("the state of the training cannot be written: %w", err)
	}
	return disk.Replace(filepath.Join(dir, stateFile), append(raw, '\n'))
}

// Kept says what a folder that Save wrote is the model of.
type Kept struct {
	Dir          string
	Users, Items int
	Interactions *data.Interactions // of training
	Seed         uint64
	Model        contract.ModelInfo // what the backbone's Load said
}

// Load makes a Model that ranks as it did when it was saved, by a backbone that has
// the same language model, under the settings of its training.
func Load(ctx context.Context, b contract.Backbone, s Settings, k Kept) (*Model, error) {
	raw, err := os.ReadFile(filepath.Join(k.Dir, stateFile))
	state := newState()
	if err == nil {
		err = json.Unmarshal(raw, state)
	}
	if err != nil {
		return nil, contract.Errorf(contract.ErrBadData, "the state of the training in %s cannot be read: %v", k.Dir, err)
	}
	f := &fitter{in: Input{Users: k.Users, Items: k.Items, Training: data.Training{Interactions: k.Interactions}, Seed: k.Seed}, settings: s, backbone: b, info: k.Model, state: state}
	if err := f.prepareBuilder(ctx); err != nil {
		return nil, err
	}
	f.report = &Report{Settings: s, Model: k.Model, Seed: k.Seed}
	for tower, file := range s.keptTowers() {
		if err := b.LoadTower(ctx, tower, filepath.Join(k.Dir, file)); err != nil {
			return nil, err
		}
	}
	return f.ranker(), nil
}

// Vectors streams the soft tokens of users or items of the tower that ranks.
func (m *Model) Vectors(ctx context.Context, entity contract.Entity, yield func(*contract.FeatureChunk) error) error {
	reader, ok := m.backbone.(contract.TowerReader)
	if !ok {
		return contract.Errorf(contract.ErrUnsupported, "the backbone does not give the vectors of a tower: it lacks the capability %q", contract.CapabilityVectors)
	}
	return reader.TowerVectors(ctx, towerCollaborative, entity, yield)
}
