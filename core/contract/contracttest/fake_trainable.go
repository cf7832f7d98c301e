package contracttest

import (
	"slices"

	"cllm4rec/core/contract"
)

// fakeLayers are the names of the linear layers in their order: the first is the
// group attention, the second the group feed_forward.
func fakeLayers() []string { return []string{"attend", "feed"} }

// Behind the soft tokens of a tower stand, with TrainAll, the words [N, K] and
// each layer's weight [K, K]; with LoRA, for each target A [R, K] and B [K, R].

// Behind these stand the biases of the items [J], and W of a map.

// newTower makes a tower of zeros.
func (b *FakeBackbone) newTower(s contract.TowerSpec) (*fakeTower, error) {
	k, train := b.model.Hidden, s.Train
	t := &fakeTower{users: s.Users, items: s.Items, hidden: k, words: b.model.VocabSize, train: train}
	n := t.rows() * k
	switch train.Mode {
	case contract.TrainAll:
		n += len(b.words) + len(fakeLayers())*k*k
	case contract.TrainLoRA:
		var err error
		if t.modules, err = train.LoRA.Modules(fakeLayers()[:1], fakeLayers()[1:]); err != nil {
			return nil, err
		}
		n += len(t.modules) * 2 * train.LoRA.Rank * k
	}
	if s.ItemBias {
		t.biasAt = n
		n += s.Items
	}
	t.z, t.m, t.v = make([]float64, n), make([]float64, n), make([]float64, n)
	t.mentioned = make([]bool, t.rows())
	return t, nil
}

// draw gives a tower its first values.
func (b *FakeBackbone) draw(t *fakeTower, s contract.TowerSpec) {
	soft := t.rows() * t.hidden
	copy(t.z, normals(soft, s.InitStd, s.Seed))
	random := normals(len(t.z)-soft, 1, s.Seed+1)
	switch s.Train.Mode {
	case contract.TrainLoRA:
		for i := range t.modules {
			a, _ := t.adapter(i)
			copy(a, random[i*len(a):])
		}
	case contract.TrainAll:
		if s.Train.Scratch {
			copy(t.z[soft:], random)
		} else {
			t.pretrained(b.words)
		}
	}
}

// pretrained sets words and layers, which are the identity, to those of the model.
func (t *fakeTower) pretrained(words []float64) {
	copy(t.z[t.offset(0):], words)
	for l := range fakeLayers() {
		for i := range t.hidden {
			t.z[t.weightAt(l)+i*t.hidden+i] = 1
		}
	}
}

// weightAt is where the weight of layer l begins, with TrainAll.
func (t *fakeTower) weightAt(l int) int {
	return (t.rows()+t.words)*t.hidden + l*t.hidden*t.hidden
}

// adapter is A and B of target i.
func (t *fakeTower) adapter(i int) (a, b []float64) { return t.adapterOf(t.z, i) }

func (t *fakeTower) adapterOf(z []float64, i int) (a, b []float64) {
	n := t.train.LoRA.Rank * t.hidden
	at := t.rows()*t.hidden + 2*i*n
	return z[at : at+n], z[at+n : at+2*n]
}

// layers are the weights of all layers; nil for one that is the identity.
func (t *fakeTower) layers() [][]float64 {
	k := t.hidden
	all := make([][]float64, len(fakeLayers()))
	for l, name := range fakeLayers() {
		if t.train.Mode == contract.TrainAll {
			all[l] = t.z[t.weightAt(l) : t.weightAt(l)+k*k]
		} else if i := slices.Index(t.modules, name); i >= 0 {
			all[l] = t.adapted(i)
		}
	}
	return all
}

func (t *fakeTower) scale() float64 { return t.train.LoRA.Alpha / float64(t.train.LoRA.Rank) }

// adapted is I + scale B A of target i.
func (t *fakeTower) adapted(i int) []float64 {
	k, r := t.hidden, t.train.LoRA.Rank
	a, b := t.adapter(i)
	w := make([]float64, k*k)
	for o := range k {
		w[o*k+o] = 1
		for j := range k {
			for q := range r {
				w[o*k+j] += t.scale() * b[o*r+q] * a[q*k+j]
			}
		}
	}
	return w
}

// layerGradient adds the gradient dw [K, K] of layer l's weight to that of what
// trains in it.
func (t *fakeTower) layerGradient(l int, dw, grad []float64) {
	if t.train.Mode == contract.TrainAll {
		for i, g := range dw {
			grad[t.weightAt(l)+i] += g
		}
	}
	i := slices.Index(t.modules, fakeLayers()[l])
	if i < 0 {
		return
	}
	k, r := t.hidden, t.train.LoRA.Rank
	a, b := t.adapter(i)
	da, db := t.adapterOf(grad, i)
	for at, g := range dw {
		o, j := at/k, at%k
		for q := range r {
			da[q*k+j] += t.scale() * b[o*r+q] * g
			db[o*r+q] += t.scale() * a[q*k+j] * g
		}
	}
}
