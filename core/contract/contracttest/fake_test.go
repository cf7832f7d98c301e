package contracttest

import (
	"math"
	"testing"

	"cllm4rec/core/contract"
)

func TestMain(m *testing.M) { Main(m, NewFakeDataset(), NewFakeRecommender(), NewFakeBackbone()) }

func TestTheFakeDatasetKeepsTheContract(t *testing.T) {
	Dataset(t, func() contract.Dataset { return NewFakeDataset() }, DatasetOptions{})
}

func TestTheFakeRecommenderKeepsTheContract(t *testing.T) {
	Recommender(t, func() contract.Recommender { return NewFakeRecommender() }, RecommenderOptions{})
}

func TestTheFakeBackboneKeepsTheContract(t *testing.T) {
	Backbone(t, func() contract.Backbone { return NewFakeBackbone() }, BackboneOptions{})
}

// The gradient of every objective and of a prior is held against differences.
func TestTheFakeBackboneTrainsAlongItsGradient(t *testing.T) {
	b := NewFakeBackbone()
	configure(t, b, nil)
	if _, err := b.Load(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s := &backboneSuite{b: b, model: contract.ModelInfo{Words: b.Params().Words}}
	s.open(t, "a")
	s.open(t, "b")
	for i := range b.towers["b"].z {
		b.towers["b"].z[i] += 0.1
	}
	for _, o := range contract.Objectives() {
		spec := s.spec("a", o)
		spec.Priors = []contract.Prior{{Toward: "b", Coefficient: 3, Reduction: contract.BatchSum, Targets: true}}
		checkGradient(t, &fakeRun{b: b, t: b.towers["a"], spec: spec}, s.documents(t, o))
	}
}

func checkGradient(t *testing.T, r *fakeRun, docs []contract.Document) {
	t.Helper()
	loss := func(grad []float64) float64 {
		data, _, _, err := r.data(docs, grad)
		if err != nil {
			t.Fatal(err)
		}
		return data + r.prior(r.spec.Priors[0], docs, grad)
	}
	n := len(r.t.z)
	grad := make([]float64, n)
	loss(grad)
	const h = 1e-5
	for i := 0; i < n; i += 3 {
		z := r.t.z[i]
		r.t.z[i] = z + h
		up := loss(make([]float64, n))
		r.t.z[i] = z - h
		down := loss(make([]float64, n))
		r.t.z[i] = z
		if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-6*max(1, math.Abs(want)) {
			t.Fatalf("%s: gradient %d is %v, differences give %v", r.spec.Objective, i, grad[i], want)
		}
	}
}
