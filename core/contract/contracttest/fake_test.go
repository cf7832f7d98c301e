package contracttest

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/conformance"
	"cllm4rec/core/contract"
)

func TestMain(m *testing.M) {
	Main(m, NewFakeDataset(), NewFakeRecommender(), NewFakeEpochs(), NewFakeBackbone(), NewFrozenBackbone(), NewReadingBackbone())
}

func TestTheFakeDatasetKeepsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fake")
	if err := os.WriteFile(path, []byte("fakedata 30\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	DatasetWith(t, NewFakeDataset, contract.Check{Sniff: path})
}

func TestTheFakeRecommenderKeepsTheContract(t *testing.T) {
	RecommenderWith(t, NewFakeRecommender, contract.Check{NotBetterThanPopularity: "it is popularity"})
}

func TestTheFakeEpochsKeepTheContract(t *testing.T) {
	Recommender(t, NewFakeEpochs)
}

func TestTheFakeBackboneKeepsTheContract(t *testing.T) {
	Backbone(t, NewFakeBackbone)
}

func TestTheFakeEncoderDecoderKeepsTheContract(t *testing.T) {
	BackboneWith(t, NewFakeBackbone, contract.Check{Params: json.RawMessage(`{"separate": true, "max_length": 20}`)})
}

func TestTheFrozenFakeKeepsTheContract(t *testing.T) {
	Backbone(t, NewFrozenBackbone)
}

func TestTheReadingFakeKeepsTheContract(t *testing.T) {
	Backbone(t, NewReadingBackbone)
}

// The gradient of every objective and of a prior is held against differences,
// in every mode of training.
func TestTheFakeBackboneTrainsAlongItsGradient(t *testing.T) {
	b := NewFakeBackbone()
	configure(t, b, "{}")
	model, err := b.Load(t.Context(), contract.Resources{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string, train contract.Trainable) {
		if err := b.OpenTower(t.Context(), conformance.TowerSpec(name, train)); err != nil {
			t.Fatal(err)
		}
	}
	lora := func(rank int, targets ...string) contract.Trainable {
		return contract.Trainable{Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: rank, Alpha: 2 * float64(rank), Targets: targets}}
	}
	open("b", contract.Trainable{})
	for _, train := range []contract.Trainable{{}, {Mode: contract.TrainAll}, {Mode: contract.TrainAll, Scratch: true}, lora(2), lora(1, "feed")} {
		open("a", train)
		for i := range b.towers["a"].z {
			b.towers["a"].z[i] += 0.1
		}
		for _, o := range contract.Objectives() {
			spec := contract.TrainSpec{
				Tower: "a", Objective: o, Reduction: contract.ExampleMean, PredictFirst: true, Batch: 4, Seed: 3,
				Priors: []contract.Prior{{Toward: "b", Coefficient: 3, Reduction: contract.BatchSum, Targets: true}},
			}
			checkGradient(t, &fakeRun{b: b, t: b.towers["a"], spec: spec}, conformance.Documents(t, b, model, o))
		}
	}
}

func checkGradient(t *testing.T, r *fakeRun, docs []contract.Example) {
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
	for i := 0; i < n; i += 5 {
		z := r.t.z[i]
		r.t.z[i] = z + h
		up := loss(make([]float64, n))
		r.t.z[i] = z - h
		down := loss(make([]float64, n))
		r.t.z[i] = z
		if want := (up - down) / (2 * h); math.Abs(grad[i]-want) > 1e-6*max(1, math.Abs(want)) {
			t.Fatalf("%+v, %s: gradient %d is %v, differences give %v", r.t.train, r.spec.Objective, i, grad[i], want)
		}
	}
}
