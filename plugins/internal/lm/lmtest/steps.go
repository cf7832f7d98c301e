package lmtest

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
	"cllm4rec/plugins/internal/lm"
	"cllm4rec/plugins/internal/models/safetensors"
)

// stepCase is a case of a file of steps; plugins/internal/lm/testdata/README.md has the keys.
type stepCase struct {
	Name, Backbone, Folder, Tower string
	Start                         contract.ItemStart // of newcomers alone
	Objective, Reduction          string
	PredictFirst                  bool `json:"predict_first"`
	Extended                      bool
	Priors                        []struct {
		Toward, Reduction string
		Coefficient       float64
		Targets, Residual bool
	}
	Rate, Clip    float64
	Decay         float64 `json:"weight_decay"`
	Schedule      *struct{ WarmUp, Total int64 }
	Batch, Epochs int
	Trainable     contract.TrainMode
	LoRA          struct {
		Rank           int
		Alpha, Dropout float64
	}
	ItemBias  bool `json:"item_bias"`
	Documents []struct {
		Prompt, Main, Targets, Excluded []int32
		Offsets                         contract.Offsets
	}
	Log []struct {
		Loss, Data float64
		Priors     []float64
		Predicted  int64
	}
	// Own is how far PyTorch itself is from float64 in a bfloat16 case, by array.
	Own map[string]float64 `json:"float64_distance"`
}

// stepFile is one of the files and its arrays.
type stepFile struct {
	Users, Items int
	Width        int // of the features that items are a map of; 0: there are none
	Further      int // users, of newcomers alone
	Known        struct {
		Users, Items []int32
		ContentItems []int32 `json:"content_items"`
	}
	Cases  []stepCase
	arrays *safetensors.File
}

func readSteps(t *testing.T, name string) stepFile {
	path := stepsPath(name)
	raw, err := os.ReadFile(path + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var f stepFile
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	f.arrays = open(t, path+".safetensors")
	return f
}

func (c stepCase) spec() contract.TrainSpec {
	s := contract.TrainSpec{Tower: c.Tower, Objective: contract.Objective(c.Objective), Reduction: contract.Reduction(c.Reduction),
		Extended: c.Extended, PredictFirst: c.PredictFirst, Batch: c.Batch, LearningRate: c.Rate, MaxGradNorm: c.Clip, WeightDecay: c.Decay}
	if c.Schedule != nil {
		s.Schedule = contract.Schedule{Kind: contract.ScheduleCosine, WarmUp: c.Schedule.WarmUp, Total: c.Schedule.Total}
	}
	for _, p := range c.Priors {
		s.Priors = append(s.Priors, contract.Prior{Toward: p.Toward, Coefficient: p.Coefficient,
			Reduction: contract.Reduction(p.Reduction), Targets: p.Targets, Residual: p.Residual})
	}
	return s
}

func (c stepCase) docs() []contract.Example {
	docs := make([]contract.Example, len(c.Documents))
	for i, d := range c.Documents {
		docs[i] = contract.Example{Prompt: d.Prompt, Main: d.Main, Targets: d.Targets, Excluded: d.Excluded, Offsets: d.Offsets}
	}
	return docs
}

func (c stepCase) trainable() contract.Trainable {
	t := contract.Trainable{Mode: c.Trainable}
	if c.Trainable == contract.TrainLoRA {
		t.LoRA = contract.LoRA{Rank: c.LoRA.Rank, Alpha: c.LoRA.Alpha, Dropout: c.LoRA.Dropout}
	}
	return t
}

// Training compares item logits, gradients, losses and trained values of every
// case of some fixtures ("steps_llama", "steps_llama_trainable", "steps_llama_bf16")
// with PyTorch: with every attention kernel, with batches cut into parts and with
// checkpointing. Names that end in _bf16 are run in bfloat16.
func (s Suite) Training(t *testing.T, names ...string) {
	for _, name := range names {
		run := comparison{stepFile: readSteps(t, name), tolerance: Float32, moved: Moved}
		if strings.HasSuffix(name, "_bf16") {
			run.tolerance, run.moved, run.more = BFloat16, 0, map[string]any{"dtype": "bfloat16"}
		}
		for _, kernel := range Kernels() {
			t.Run(name+"/"+kernel, func(t *testing.T) { run.with("attention", kernel).compare(t, s) })
		}
		t.Run(name+"/micro-batches", func(t *testing.T) { run.with("micro_batch", 1).compare(t, s) })
		t.Run(name+"/checkpointing", func(t *testing.T) { run.with("checkpointing", true).compare(t, s) })
	}
}

// comparison is a file of cases and how the backbone runs them.
type comparison struct {
	stepFile
	tolerance, moved float64
	more             map[string]any
}

func (r comparison) with(key string, value any) comparison {
	more := map[string]any{key: value}
	for k, v := range r.more {
		more[k] = v
	}
	r.more = more
	return r
}

func (r comparison) compare(t *testing.T, s Suite) {
	for _, c := range r.Cases {
		t.Run(c.Name, func(t *testing.T) { r.one(t, s, c) })
	}
}

func (r comparison) one(t *testing.T, s Suite, c stepCase) {
	b := s.Loaded(t, c.Folder, r.more)
	r.towers(t, b, c)
	spec, docs := c.spec(), c.docs()
	r.rankings(t, s, c, b)
	gradients, err := b.Gradient(spec, docs[:min(c.Batch, len(docs))])
	if err != nil {
		t.Fatal(err)
	}
	before := Tower(t, b, c.Tower)
	for name, got := range gradients {
		if want := r.find(t, c.Name+"/grad_", name); want != nil {
			if got == nil {
				got = make([]float32, len(want))
			}
			r.within(t, "grad_"+name, got, want)
		}
	}
	r.passes(t, c, b, spec, docs)
	after := Tower(t, b, c.Tower)
	for name := range gradients {
		if want := r.find(t, c.Name+"/final_", name); want != nil {
			got := r.withoutNoise(t, c, name, after[name], want)
			r.within(t, "final_"+name, got, want)
			r.compareMoved(t, name, before[name], got, want)
		}
	}
}

// towers opens both towers with the reference's values.
func (r comparison) towers(t *testing.T, b *lm.Backbone, c stepCase) {
	t.Helper()
	for _, tower := range []string{"collaborative", "content"} {
		spec := contract.TowerSpec{Name: tower, Users: r.Users, Items: r.Items, InitStd: 0.02}
		if tower == c.Tower {
			spec.Train, spec.ItemBias = c.trainable(), c.ItemBias
		}
		if err := b.OpenTower(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if tower == c.Tower && r.Width > 0 {
			r.mapItems(t, b, c)
		}
		r.place(t, b, c, tower)
	}
}

// mapItems gives the trained tower the reference's features.
func (r comparison) mapItems(t *testing.T, b *lm.Backbone, c stepCase) {
	t.Helper()
	view, err := r.arrays.Tensor(c.Folder + "/features")
	if err != nil {
		t.Fatal(err)
	}
	features := &contract.FeatureChunk{Entity: contract.EntityItem, Width: r.Width}
	if features.Dense, err = view.Float32s(); err != nil {
		t.Fatal(err)
	}
	for item := range r.Items {
		features.Rows = append(features.Rows, int32(item))
	}
	err = b.MapItems(t.Context(), contract.ItemMapSpec{Tower: c.Tower, Width: r.Width}, func(yield func(*contract.FeatureChunk, error) bool) { yield(features, nil) })
	if err != nil {
		t.Fatal(err)
	}
}

// within compares an array. In bfloat16, where PyTorch itself is further from
// float64 than the tolerance allows (its gradients are), three times the worst of
// its own distances are allowed: both are rounded, each in its own order.
func (r comparison) within(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	tolerance := r.tolerance
	if tolerance == BFloat16 {
		for _, c := range r.Cases {
			tolerance = max(tolerance, 3*c.Own[what])
		}
	}
	within(t, what, got, want, tolerance)
}

// withoutNoise takes the reference's values where its first gradient is nothing but
// rounding: a key's bias moves all scores of a query alike, so its gradient is
// zero, and Adam makes a full step of whatever rounding leaves.
func (r comparison) withoutNoise(t *testing.T, c stepCase, name string, got []float32, want []float64) []float32 {
	gradient, top := r.find(t, c.Name+"/grad_", name), 0.0
	for _, g := range gradient {
		top = max(top, math.Abs(g))
	}
	got = slices.Clone(got)
	for i, g := range gradient {
		if g != 0 && math.Abs(g) < 1e-6*top {
			got[i] = float32(want[i])
		}
	}
	return got
}

// place gives a tower the reference's values.
func (r comparison) place(t *testing.T, b *lm.Backbone, c stepCase, tower string) {
	values := map[string]safetensors.View{}
	for _, name := range r.arrays.Names() {
		view, err := r.arrays.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if part, ok := strings.CutPrefix(name, c.Folder+"/"+tower+"/"); ok {
			values[part] = view
		}
		if part, ok := strings.CutPrefix(name, c.Folder+"/lora/"); ok && tower == c.Tower {
			for _, short := range shortened(part) {
				values["lora."+short] = view
			}
		}
	}
	replace(t, b, tower, values)
}

// passes trains and holds each pass's mean losses against the log.
func (r comparison) passes(t *testing.T, c stepCase, b *lm.Backbone, spec contract.TrainSpec, docs []contract.Example) {
	per := len(c.Log) / c.Epochs
	for epoch := range c.Epochs {
		got, err := b.TrainTower(t.Context(), spec, Stream(docs...), nil)
		if err != nil {
			t.Fatal(err)
		}
		spec.Schedule.Start += got.Steps
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
		r.within(t, "loss", []float32{float32(got.Loss), float32(got.Data)}, []float64{loss, data})
		for i := range priors {
			r.within(t, "prior", []float32{float32(got.Priors[i])}, priors[i:i+1])
		}
	}
}

// compareMoved holds how far a tensor moved against the reference, which began
// from the same values.
func (r comparison) compareMoved(t *testing.T, name string, before, after []float32, final []float64) {
	if r.moved == 0 {
		return // bfloat16 noise in a nearly zero gradient is a whole step of Adam
	}
	moved, want := make([]float32, len(final)), make([]float64, len(final))
	for i := range final {
		moved[i], want[i] = after[i]-before[i], final[i]-float64(before[i])
	}
	within(t, "move of "+name, moved, want, r.moved)
}
