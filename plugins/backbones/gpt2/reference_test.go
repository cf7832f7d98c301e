package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/nn"
	"cllm4rec/plugins/internal/safetensors"
	"cllm4rec/plugins/internal/torch"
)

// kernels are those that this build has on a CPU.
func kernels() []string {
	all := []string{"plain"}
	if torch.Able().Packed {
		all = append(all, "packed")
	}
	if torch.Able().SDPA {
		all = append(all, "sdpa")
	}
	return all
}

// array reads a reference array as float64.
func array(t *testing.T, f *safetensors.File, name string) []float64 {
	t.Helper()
	view, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if view.DType == safetensors.I64 {
		values, err := view.Int64s()
		if err != nil {
			t.Fatal(err)
		}
		all := make([]float64, len(values))
		for i, v := range values {
			all[i] = float64(v)
		}
		return all
	}
	values, err := view.Float64s()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func open(t *testing.T, path string) *safetensors.File {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// distance is the largest difference over the largest reference value.
func distance(got []float32, want []float64) float64 {
	top, worst := 0.0, 0.0
	for i, w := range want {
		top = max(top, math.Abs(w))
		worst = max(worst, math.Abs(float64(got[i])-w))
	}
	if len(got) != len(want) {
		return math.Inf(1)
	}
	if worst == 0 {
		return 0
	}
	return worst / top
}

func within(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if d := distance(got, want); !(d < tolerance) {
		t.Errorf("%s: distance %.3g, expected below %g", what, d, tolerance)
	}
}

// TestHiddenStatesLogitsAndLossesEqualTransformers packs the reference's padded
// batch and compares every token.
func TestHiddenStatesLogitsAndLossesEqualTransformers(t *testing.T) {
	for _, folder := range []string{"small-a", "small-b", "small-c"} {
		for _, kernel := range kernels() {
			t.Run(folder+"/"+kernel, func(t *testing.T) { compareForward(t, folder, kernel) })
		}
	}
}

// packed drops the padding of rows [B,T,width].
func packed(padded []float64, lengths []float64, width int) []float64 {
	var all []float64
	t := len(padded) / len(lengths) / width
	for b, n := range lengths {
		all = append(all, padded[b*t*width:(b*t+int(n))*width]...)
	}
	return all
}

func compareForward(t *testing.T, folder, kernel string) {
	ref := open(t, filepath.Join("testdata", folder+".safetensors"))
	lengths := array(t, ref, "lengths")
	ids, starts := []int64{}, []int64{0}
	for _, id := range packed(array(t, ref, "ids"), lengths, 1) {
		ids = append(ids, int64(id))
	}
	for _, n := range lengths {
		starts = append(starts, starts[len(starts)-1]+int64(n))
	}
	got := forward(t, folder, kernel, ids, starts)
	within(t, "hidden states", got.hidden, packed(array(t, ref, "hidden"), lengths, got.width), 1e-4)
	within(t, "logits", got.logits, packed(array(t, ref, "logits"), lengths, got.words), 1e-4)
	want := 0.0
	for _, x := range array(t, ref, "token_losses") {
		want += x
	}
	within(t, "loss", []float32{float32(got.loss)}, []float64{want}, 1e-4)
}

type outcome struct {
	hidden, logits []float32
	loss           float64
	width, words   int
}

// forward runs a folder's model on packed ids and predicts each next word.
func forward(t *testing.T, folder, kernel string, ids, starts []int64) (o outcome) {
	t.Helper()
	exec, err := torch.Start(1)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Close()
	err = exec.Do(func() error {
		s := exec.Scope(torch.CPU)
		defer s.Close()
		model, _, err := architecture{}.Load(s, filepath.Join("testdata", folder), kernel)
		if err != nil {
			return err
		}
		s.NoGrad(func() { o = predict(s, model, ids, starts) })
		return s.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func predict(s *torch.Scope, model lm.Model, ids, starts []int64) outcome {
	n := int64(len(ids))
	h := model.Forward(s, s.Rows(model.Words(), s.Ints(ids, n)), nn.NewSequences(s, starts, model.Kernel()), nil, nil)
	var rows, next []int64
	ends := []int64{0}
	for d := range len(starts) - 1 {
		for r := starts[d]; r+1 < starts[d+1]; r++ {
			rows, next = append(rows, r), append(next, ids[r+1])
			ends = append(ends, int64(len(next)))
		}
	}
	picked := model.Forward(s, s.Rows(model.Words(), s.Ints(ids, n)), nn.NewSequences(s, starts, model.Kernel()), nil, rows)
	return outcome{
		hidden: s.Read(h), logits: s.Read(s.MatMul(h, s.Transpose(model.Words(), 0, 1))),
		loss:  s.Scalar(s.HeadLoss(picked, model.Words(), ends, next)),
		width: model.Shape().Hidden, words: model.Shape().Words,
	}
}

// stepCase is a case of plugins/internal/lm/testdata/steps.json.
type stepCase struct {
	Name, Folder, Tower  string
	Objective, Reduction string
	PredictFirst         bool `json:"predict_first"`
	Priors               []struct {
		Toward, Reduction string
		Coefficient       float64
		Targets           bool
	}
	Rate          float64
	Batch, Epochs int
	Documents     []struct{ Prompt, Main, Targets []int32 }
	Log           []struct {
		Loss, Data float64
		Priors     []float64
		Predicted  int64
	}
}

func (c stepCase) spec() contract.TrainSpec {
	s := contract.TrainSpec{Tower: c.Tower, Objective: contract.Objective(c.Objective), Reduction: contract.Reduction(c.Reduction),
		PredictFirst: c.PredictFirst, Batch: c.Batch, Rate: c.Rate, Dropout: 0}
	for _, p := range c.Priors {
		s.Priors = append(s.Priors, contract.Prior{Toward: p.Toward, Coefficient: p.Coefficient,
			Reduction: contract.Reduction(p.Reduction), Targets: p.Targets})
	}
	return s
}

func (c stepCase) docs() []contract.Document {
	docs := make([]contract.Document, len(c.Documents))
	for i, d := range c.Documents {
		docs[i] = contract.Document{Prompt: d.Prompt, Main: d.Main, Targets: d.Targets}
	}
	return docs
}

const steps = "../../internal/lm/testdata/"

func TestTrainingStepsEqualPyTorch(t *testing.T) {
	raw, err := os.ReadFile(steps + "steps.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []stepCase }
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	ref := open(t, steps+"steps.safetensors")
	for _, c := range all.Cases {
		for _, kernel := range kernels() {
			t.Run(c.Name+"/"+kernel, func(t *testing.T) { compareSteps(t, c, kernel, ref) })
		}
	}
}

// loaded is the plugin over a test folder.
func loaded(t testing.TB, folder, kernel string) *Plugin {
	t.Helper()
	p := New()
	params, err := json.Marshal(map[string]any{"weights": filepath.Join("testdata", folder), "device": "cpu", "threads": 1, "attention": kernel})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Configure(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Load(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	return p
}

// place loads reference values as a tower, through a tower's file.
func place(t *testing.T, p *Plugin, ref *safetensors.File, folder, tower string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tower.safetensors")
	spec := contract.TowerSpec{Name: tower, Users: 6, Items: 9, InitStd: 0.02}
	if err := errors.Join(p.OpenTower(t.Context(), spec), p.SaveTower(t.Context(), tower, path)); err != nil {
		t.Fatal(err)
	}
	meta := open(t, path).Metadata()
	var tensors []safetensors.Tensor
	for _, part := range []string{"user", "item"} {
		view, err := ref.Tensor(folder + "/" + tower + "/" + part)
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, safetensors.Tensor{Name: part, DType: view.DType, Shape: view.Shape, Bytes: view.Bytes})
	}
	if err := errors.Join(safetensors.Write(path, tensors, meta), p.LoadTower(t.Context(), tower, path)); err != nil {
		t.Fatal(err)
	}
}

// values reads a tower's embeddings through its file.
func values(t *testing.T, p *Plugin, tower string) (user, item []float32) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tower.safetensors")
	if err := p.SaveTower(t.Context(), tower, path); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	read := func(part string) []float32 {
		view, err := f.Tensor(part)
		if err != nil {
			t.Fatal(err)
		}
		v, err := view.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return read("user"), read("item")
}

// stream is documents as TrainTower takes them.
func stream(docs ...contract.Document) contract.Documents {
	return func(yield func([]contract.Document, error) bool) { yield(docs, nil) }
}

func compareSteps(t *testing.T, c stepCase, kernel string, ref *safetensors.File) {
	p := loaded(t, c.Folder, kernel)
	for _, tower := range []string{"collaborative", "content"} {
		place(t, p, ref, c.Folder, tower)
	}
	spec, docs := c.spec(), c.docs()
	compareItemLogits(t, c, p, ref)
	user, item, err := p.Gradient(spec, docs[:min(c.Batch, len(docs))])
	if err != nil {
		t.Fatal(err)
	}
	within(t, "gradient of users", user, array(t, ref, c.Name+"/grad_user"), 1e-4)
	within(t, "gradient of items", item, array(t, ref, c.Name+"/grad_item"), 1e-4)
	compareLog(t, c, p, spec, docs)
	user, item = values(t, p, c.Tower)
	compareMoved(t, ref, c, "user", user)
	compareMoved(t, ref, c, "item", item)
}

func compareItemLogits(t *testing.T, c stepCase, p *Plugin, ref *safetensors.File) {
	var prompts []contract.RankPrompt
	for _, d := range c.Documents {
		prompts = append(prompts, contract.RankPrompt{Prompt: d.Prompt, K: 9})
	}
	rankings, err := p.Rank(t.Context(), c.Tower, contract.RankSpec{Ties: contract.Ties{Rule: contract.TiesIndex}}, prompts)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 9*len(prompts))
	for i, r := range rankings {
		for k, item := range r.Items {
			got[9*i+int(item)] = r.Scores[k]
		}
	}
	within(t, "item logits", got, array(t, ref, c.Name+"/item_logits"), 1e-4)
}

// compareLog trains and holds each pass's mean losses against the log.
func compareLog(t *testing.T, c stepCase, p *Plugin, spec contract.TrainSpec, docs []contract.Document) {
	per := len(c.Log) / c.Epochs
	for epoch := range c.Epochs {
		got, err := p.TrainTower(t.Context(), spec, stream(docs...), nil)
		if err != nil {
			t.Fatal(err)
		}
		var loss, data float64
		var predicted int64
		priors := make([]float64, len(c.Priors))
		for _, l := range c.Log[epoch*per : (epoch+1)*per] {
			loss, data, predicted = loss+l.Loss/float64(per), data+l.Data/float64(per), predicted+l.Predicted
			for i, v := range l.Priors {
				priors[i] += v / float64(per)
			}
		}
		if got.Steps != int64(per) || got.Predicted != predicted {
			t.Errorf("epoch %d: %d steps, %d predicted, expected %d and %d", epoch, got.Steps, got.Predicted, per, predicted)
		}
		within(t, "losses", []float32{float32(got.Loss), float32(got.Data)}, []float64{loss, data}, 1e-4)
		for i := range priors {
			within(t, "prior", []float32{float32(got.Priors[i])}, priors[i:i+1], 1e-4)
		}
	}
}

func compareMoved(t *testing.T, ref *safetensors.File, c stepCase, part string, got []float32) {
	initial, final := array(t, ref, c.Folder+"/"+c.Tower+"/"+part), array(t, ref, c.Name+"/final_"+part)
	within(t, "final "+part, got, final, 1e-4)
	moved, want := make([]float32, len(final)), make([]float64, len(final))
	for i := range final {
		moved[i], want[i] = float32(float64(got[i])-initial[i]), final[i]-initial[i]
	}
	within(t, "move of "+part, moved, want, 5e-3)
}
