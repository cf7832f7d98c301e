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

// fakeTower is a tower: users first, then items, as rows of K numbers.
type fakeTower struct {
	users, items, hidden int
	z, m, v              []float64 // [users+items, K]: values and Adam's moments
	steps                int64
}

func newFakeTower(users, items, hidden int, z []float64) *fakeTower {
	return &fakeTower{users: users, items: items, hidden: hidden, z: z, m: make([]float64, len(z)), v: make([]float64, len(z))}
}

func (t *fakeTower) rows() int { return t.users + t.items }

func (t *fakeTower) row(i int) []float64 { return t.z[i*t.hidden : (i+1)*t.hidden] }

// itemHead is Z^v [J, K].
func (t *fakeTower) itemHead() []float64 { return t.z[t.users*t.hidden:] }

func (t *fakeTower) forgetMoments() {
	clear(t.m)
	clear(t.v)
	t.steps = 0
}

// adam is one step as torch.optim.Adam takes it. Values are kept as float32
// holds them, so that a rate out of all proportion overflows.
func (t *fakeTower) adam(grad []float64, rate float64) {
	const beta1, beta2, eps = 0.9, 0.999, 1e-8
	t.steps++
	c1 := 1 - math.Pow(beta1, float64(t.steps))
	c2 := 1 - math.Pow(beta2, float64(t.steps))
	for i, g := range grad {
		t.m[i] = beta1*t.m[i] + (1-beta1)*g
		t.v[i] = beta2*t.v[i] + (1-beta2)*g*g
		t.z[i] = float64(float32(t.z[i] - rate*(t.m[i]/c1)/(math.Sqrt(t.v[i]/c2)+eps)))
	}
}

// fakeTowerFile is the form of a tower on disk.
type fakeTowerFile struct {
	Users, Items, Hidden int
	Z, M, V              []float64
	Steps                int64
}

// SaveTower writes a tower beside its path and renames it.
func (b *FakeBackbone) SaveTower(_ context.Context, name, path string) error {
	t, err := b.tower(name)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := gob.NewEncoder(&buf).Encode(fakeTowerFile{t.users, t.items, t.hidden, t.z, t.m, t.v, t.steps}); err != nil {
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
	if n := (f.Users + f.Items) * f.Hidden; f.Hidden != b.Params().Hidden || len(f.Z) != n {
		return contract.Errorf(contract.ErrBadData, "%s holds %d numbers of width %d, expected width %d", path, len(f.Z), f.Hidden, b.Params().Hidden)
	}
	t := newFakeTower(f.Users, f.Items, f.Hidden, f.Z)
	if len(f.M) == len(f.Z) && len(f.V) == len(f.Z) { // gob leaves out what is all zero only if empty
		t.m, t.v, t.steps = f.M, f.V, f.Steps
	}
	b.towers[name] = t
	return nil
}
