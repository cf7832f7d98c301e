package contracttest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"cllm4rec/core/contract"
)

// fakeTower is a tower as one list of numbers: the soft tokens (users first,
// then items, as rows of K), then what else trains (see fake_trainable.go).
type fakeTower struct {
	users, items, hidden, words int
	train                       contract.Trainable
	modules                     []string  // with LoRA: its targets
	z, m, v                     []float64 // values and Adam's moments
	mentioned                   []bool    // per row of a soft token: a training step had it
	steps                       int64
	features                    []float64 // [J, G] of a map, whose W is the last of z
	width                       int       // G; 0: there is no map
	guests                      bool      // it is for newcomers
	biasAt                      int       // where the biases of the items begin in z; 0: there are none
}

func (t *fakeTower) rows() int { return t.users + t.items }

// offset is where a token's row begins in z; -1 for a frozen word.
func (t *fakeTower) offset(token int32) int {
	switch row := int(token) - t.words; {
	case row >= 0:
		return row * t.hidden
	case t.train.Mode == contract.TrainAll:
		return (t.rows() + int(token)) * t.hidden
	}
	return -1
}

func (t *fakeTower) forgetMoments() {
	clear(t.m)
	clear(t.v)
	t.steps = 0
}

// adam is one step as torch.optim.AdamW takes it. Values are kept as float32
// holds them, so that a rate out of all proportion overflows.
func (t *fakeTower) adam(grad []float64, rate, decay float64) {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	t.steps++
	c1 := 1 - math.Pow(beta1, float64(t.steps))
	c2 := 1 - math.Pow(beta2, float64(t.steps))
	for i, g := range grad {
		t.m[i] = beta1*t.m[i] + (1-beta1)*g
		t.v[i] = beta2*t.v[i] + (1-beta2)*g*g
		z := t.z[i] * (1 - rate*decay)
		t.z[i] = float64(float32(z - rate*(t.m[i]/c1)/(math.Sqrt(t.v[i]/c2)+eps)))
	}
}

// clip scales a gradient down to a norm, as torch.nn.utils.clip_grad_norm_ does.
func clip(grad []float64, most float64) {
	var square float64
	for _, g := range grad {
		square += g * g
	}
	scale := most / (math.Sqrt(square) + 1e-6)
	if most == 0 || !(scale < 1) {
		return
	}
	for i := range grad {
		grad[i] *= scale
	}
}

// fakeTowerFile is the form of a tower on disk.
type fakeTowerFile struct {
	Users, Items, Hidden int
	Train                contract.Trainable
	Z, M, V              []float64
	Mentioned            []bool
	Steps                int64
	Features             []float64
	Width                int
	Bias                 bool
}

// SaveTower writes a tower beside its path and renames it.
func (b *FakeBackbone) SaveTower(_ context.Context, name, path string) error {
	t, err := b.tower(name)
	if err != nil {
		return err
	}
	if t.guests {
		return contract.Errorf(contract.ErrUnsupported, "tower %q is for newcomers, and cannot be saved", name)
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(fakeTowerFile{t.users, t.items, t.hidden, t.train, t.z, t.m, t.v, t.mentioned, t.steps, t.features, t.width, t.biasAt > 0}); err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return contract.Errorf(contract.ErrNotFound, "the folder of %s does not exist", path)
	}
	if err := os.WriteFile(path+".part", buf.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// LoadTower opens a tower from a file.
func (b *FakeBackbone) LoadTower(_ context.Context, name, path string) error {
	if _, err := b.tower(name); err != nil && !errors.Is(err, contract.ErrNotFound) {
		return err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return contract.Errorf(contract.ErrNotFound, "there is no tower file %s", path)
	}
	if err != nil {
		return err
	}
	var f fakeTowerFile
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&f); err != nil {
		return contract.Errorf(contract.ErrBadData, "%s is no tower: %v", path, err)
	}
	t, err := b.newTower(contract.TowerSpec{Users: f.Users, Items: f.Items, Train: f.Train, ItemBias: f.Bias})
	if err == nil && f.Width > 0 {
		t.mapTo(f.Features, f.Width)
	}
	if err != nil || f.Hidden != t.hidden || len(f.Z) != len(t.z) || len(f.M) != len(t.z) || len(f.V) != len(t.z) || len(f.Mentioned) != t.rows() || len(f.Features) != f.Items*f.Width {
		return contract.Errorf(contract.ErrBadData, "%s holds %d numbers of width %d, which are no tower of this model", path, len(f.Z), f.Hidden)
	}
	t.z, t.m, t.v, t.mentioned, t.steps = f.Z, f.M, f.V, f.Mentioned, f.Steps
	b.towers[name] = t
	return nil
}
