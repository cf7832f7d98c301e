// Package neuraltest holds a neural recommender against numbers of PyTorch: one suite
// for all, so that a new model's own test is short. A fixture is a JSON file that a
// plain PyTorch rendering of the paper's equations wrote, with draws.py for whatever
// is random.
package neuraltest

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/models/safetensors"
)

// Tolerance is for the largest difference of an array over its largest value.
const Tolerance = 1e-4

// Recommender is a neural recommender, whatever its parameters are.
type Recommender interface {
	contract.EpochTrainer
	contract.Stateful
	Gradient(spec contract.EpochSpec) (loss float64, gradients map[string][]float32, err error)
}

// Fixture is what the script of a model wrote.
type Fixture struct {
	Params       json.RawMessage
	Users, Items int
	Seed         uint64
	Rows         [][]int32
	Features     *Features // of items
	// Attributes are a set of words for each item.
	Attributes [][]string
	Weights    map[string][]float64 // before the first step
	EpochSeeds []uint64             `json:"epoch_seeds"`
	// Loss and Gradients are those of the first step, Losses the epochs' means, After
	// and Scores what comes out.
	Loss      float64
	Gradients map[string][]float64
	Losses    []float64
	After     map[string][]float64
	Scores    [][]float64 // [users, items], by the users' rows
}

// Features are a matrix [items, Width], which is sent with its zeros or without.
type Features struct {
	Width  int
	Dense  []float32
	Sparse bool
}

func (f Features) chunk(rows []int32) *contract.FeatureChunk {
	c := &contract.FeatureChunk{Name: "vectors", Entity: contract.EntityItem, Width: f.Width, Rows: rows}
	if !f.Sparse {
		c.Dense = f.Dense
		return c
	}
	c.Offsets = []int64{0}
	for i, v := range f.Dense {
		if v != 0 {
			c.Columns, c.Values = append(c.Columns, int32(i%f.Width)), append(c.Values, v)
		}
		if (i+1)%f.Width == 0 {
			c.Offsets = append(c.Offsets, int64(len(c.Values)))
		}
	}
	return c
}

// ReadFixture reads a fixture of the plugin's testdata.
func ReadFixture(t testing.TB, name string) Fixture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	check(t, err)
	var f Fixture
	check(t, json.Unmarshal(raw, &f))
	return f
}

// Train streams the fixture's data.
func (f Fixture) Train() contract.Train {
	c := &contract.TrainChunk{}
	for u, row := range f.Rows {
		for _, item := range row {
			c.Users, c.Items = append(c.Users, int32(u)), append(c.Items, item)
		}
	}
	chunks := []*contract.TrainChunk{c}
	var all []int32
	for item := range int32(f.Items) {
		all = append(all, item)
	}
	if f.Attributes != nil {
		chunks = append(chunks, &contract.TrainChunk{Attributes: &contract.TrainAttributes{Name: "words", Entity: contract.EntityItem,
			Type: contract.AttributeSet, Rows: all, Values: contract.Values{Sets: f.Attributes}}})
	}
	if f.Features != nil {
		chunks = append(chunks, &contract.TrainChunk{Features: f.Features.chunk(all)})
	}
	return func(yield func(*contract.TrainChunk, error) bool) {
		for _, c := range chunks {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Begun is the recommender over the fixture's data, with its weights.
func (f Fixture) Begun(t testing.TB, r Recommender, threads int) {
	t.Helper()
	_, err := r.Configure(t.Context(), f.Params)
	check(t, err)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	spec := contract.FitSpec{Users: f.Users, Items: f.Items, Seed: f.Seed, Resources: contract.Resources{Threads: threads, Device: device()}}
	check(t, r.Begin(t.Context(), spec, f.Train()))
	f.place(t, r)
}

// place gives the recommender the fixture's weights, through its state.
func (f Fixture) place(t testing.TB, r Recommender) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.safetensors")
	check(t, r.Save(t.Context(), path))
	file := open(t, path)
	var tensors []safetensors.Tensor
	placed := 0
	for _, name := range file.Names() {
		view, err := file.Tensor(name)
		check(t, err)
		tensor := safetensors.Tensor{Name: name, DType: view.DType, Shape: view.Shape, Bytes: append([]byte(nil), view.Bytes...)}
		if values, ok := f.Weights[name]; ok {
			tensor, placed = safetensors.Float32Tensor(name, view.Shape, narrow(values)), placed+1
		}
		tensors = append(tensors, tensor)
	}
	if placed != len(f.Weights) {
		t.Fatalf("the fixture has %d weights, of which the state %v has %d", len(f.Weights), file.Names(), placed)
	}
	check(t, safetensors.Write(path, tensors, file.Metadata()))
	check(t, r.Load(t.Context(), path))
}

// Steps compares the first loss, its gradients, the losses of all epochs, the weights
// after them and the scores of every item with PyTorch's.
func Steps(t *testing.T, r Recommender, fixture string) {
	f := ReadFixture(t, fixture)
	f.Begun(t, r, 1)
	loss, gradients, err := r.Gradient(contract.EpochSpec{Number: 1, Seed: f.EpochSeeds[0]})
	check(t, err)
	within(t, "the first loss", []float32{float32(loss)}, []float64{f.Loss})
	for name, want := range f.Gradients {
		within(t, "the first gradient of "+name, gradients[name], want)
	}
	steps := f.epochs(t, r)
	if steps < 10 {
		t.Errorf("the fixture has %d steps, expected 10 at least", steps)
	}
	after := weights(t, r)
	for name, want := range f.After {
		within(t, name+" after the last step", f.withoutNoise(name, after[name], want), want)
	}
	f.CheckScores(t, r)
}

// CheckScores compares the scores of every item for every user.
func (f Fixture) CheckScores(t *testing.T, r Recommender) {
	t.Helper()
	for u, got := range scores(t, r, f.queries()) {
		within(t, "a user's scores", got, f.Scores[u])
	}
}

// epochs trains through all epochs and compares their losses.
func (f Fixture) epochs(t *testing.T, r Recommender) (steps int64) {
	t.Helper()
	for n, seed := range f.EpochSeeds {
		got, err := r.Epoch(t.Context(), contract.EpochSpec{Number: n + 1, Seed: seed}, nil)
		check(t, err)
		within(t, "the loss of an epoch", []float32{float32(got.Loss)}, []float64{f.Losses[n]})
		steps += got.Steps
	}
	return steps
}

// withoutNoise takes the reference's values where its first gradient is nothing but
// rounding, of which Adam makes a full step.
func (f Fixture) withoutNoise(name string, got []float32, want []float64) []float32 {
	top := 0.0
	for _, g := range f.Gradients[name] {
		top = max(top, math.Abs(g))
	}
	got = append([]float32(nil), got...)
	for i, g := range f.Gradients[name] {
		if i < len(got) && g != 0 && math.Abs(g) < 1e-6*top {
			got[i] = float32(want[i])
		}
	}
	return got
}

// queries ask for all items of every user.
func (f Fixture) queries() []contract.Query {
	queries := make([]contract.Query, f.Users)
	for u := range queries {
		queries[u] = contract.Query{User: int32(u), History: f.Rows[u], K: int32(f.Items)}
	}
	return queries
}

// scores are those of every item, [queries][items].
func scores(t testing.TB, r contract.Recommender, queries []contract.Query) [][]float32 {
	t.Helper()
	rankings, err := r.Rank(t.Context(), contract.RankSpec{}, queries)
	check(t, err)
	all := make([][]float32, len(queries))
	for i, ranking := range rankings {
		all[i] = make([]float32, len(ranking.Items))
		for at, item := range ranking.Items {
			all[i][item] = ranking.Scores[at]
		}
	}
	return all
}

// weights reads the model through its state.
func weights(t testing.TB, r contract.Stateful) map[string][]float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.safetensors")
	check(t, r.Save(t.Context(), path))
	file, all := open(t, path), map[string][]float32{}
	for _, name := range file.Names() {
		view, err := file.Tensor(name)
		check(t, err)
		if view.DType == safetensors.F32 {
			all[name], err = view.Float32s()
			check(t, err)
		}
	}
	return all
}

func open(t testing.TB, path string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(path)
	check(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// within compares an array by its largest difference over its largest value.
func within(t testing.TB, what string, got []float32, want []float64) {
	t.Helper()
	top, worst := 0.0, 0.0
	for i, w := range want {
		if i >= len(got) {
			break
		}
		top, worst = max(top, math.Abs(w)), max(worst, math.Abs(float64(got[i])-w))
	}
	if len(got) != len(want) || !(worst <= Tolerance*top) {
		t.Errorf("%s: %d values, expected %d; the largest difference is %.3g where the largest value is %.3g", what, len(got), len(want), worst, top)
	}
}

func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

// device is where the suite runs: CLLM4REC_TEST_DEVICE or cpu.
func device() string {
	if d := os.Getenv("CLLM4REC_TEST_DEVICE"); d != "" {
		return d
	}
	return "cpu"
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
