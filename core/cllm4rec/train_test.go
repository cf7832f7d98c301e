package cllm4rec

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cllm4rec/core/contract"
)

func TestWhatTrainsIsDecided(t *testing.T) {
	both := []string{contract.GroupAttention, contract.GroupFeedForward}
	for text, want := range map[string]contract.Trainable{
		`{}`: {}, `{"train": {"mode": "tokens"}}`: {}, `{"train": {"mode": "all"}}`: {Mode: contract.TrainAll},
		`{"train": {"mode": "all", "scratch": true}}`: {Mode: contract.TrainAll, Scratch: true},
		`{"train": {"mode": "lora"}}`:                 {Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 8, Alpha: 8, Targets: both}},
		`{"train": {"mode": "lora", "lora": {"rank": 4, "dropout": 0.1, "targets": ["q_proj"]}}}`: {
			Mode: contract.TrainLoRA, LoRA: contract.LoRA{Rank: 4, Alpha: 4, Dropout: 0.1, Targets: []string{"q_proj"}}},
	} {
		if got := resolve(t, text).Train.Trainable(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

func TestOptionsThatAreOffLeaveNoTrace(t *testing.T) {
	off := `{"train": {"mode": "tokens", "scratch": false}, "optimiser": {"clip": 0, "weight_decay": 0, "schedule": "constant", "warmup_steps": 0},
		"pretrain": {"lr": 0.01, "content_lr": 0.01}, "finetune": {"content_lr": 0.0001}}`
	raw, err := json.Marshal(resolve(t, off))
	if err != nil {
		t.Fatal(err)
	}
	if plain, _ := json.Marshal(resolve(t, `{"pretrain": {"lr": 0.01}}`)); string(raw) != string(plain) {
		t.Errorf("%s differs from %s", raw, plain)
	}
	for _, name := range []string{`"train":`, "optimiser", "content_lr"} {
		if strings.Contains(string(raw), name) {
			t.Errorf("%s says %s", raw, name)
		}
	}
	alone := resolve(t, `{"content": false, "pretrain": {"content_lr": 5}, "finetune": {"content_lr": 5}}`)
	if alone.Pretrain.ContentRate != 0 || alone.Finetune.ContentRate != 0 {
		t.Errorf("without content: %+v", alone)
	}
}

func TestTrainablePartsThatContradictTheModeAreNamed(t *testing.T) {
	yes, rank := true, 2
	for part, c := range map[string]Config{
		"train: a language model from scratch":  {Train: Train{Scratch: &yes}},
		"train: LoRA has a rank":                {Train: Train{Mode: contract.TrainAll, LoRA: LoRA{Rank: &rank}}},
		"train.mode: must be one of tokens":     {Train: Train{Mode: "some"}},
		"train.lora.targets":                    {Train: Train{Mode: contract.TrainLoRA, LoRA: LoRA{Targets: []string{"a", "a"}}}},
		"optimiser.schedule: must be one of co": {Optimiser: Optimiser{Schedule: "linear"}},
	} {
		if _, err := c.Resolve(); !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v lacks %q", err, part)
		}
	}
}

// TestScheduleRunsOverEachStage follows Start through the passes of a stage.
func TestScheduleRunsOverEachStage(t *testing.T) {
	d, m := fit(t, short+`, "optimiser": {"schedule": "cosine", "warmup_steps": 1, "clip": 1, "weight_decay": 0.01}, "select": {"rule": "last"}`, tiny(), 7)
	type track struct {
		stage Stage
		tower string
	}
	done := map[track]int64{}
	totals := map[track]int64{}
	for _, p := range m.Report().Passes {
		totals[track{p.Stage, p.Tower}] += p.Steps
	}
	if len(d.specs) != len(m.Report().Passes) {
		t.Fatalf("%d passes, %d in the report", len(d.specs), len(m.Report().Passes))
	}
	for i, p := range m.Report().Passes {
		at := track{p.Stage, p.Tower}
		want := contract.Schedule{Kind: contract.ScheduleCosine, WarmUp: 1, Total: totals[at], Start: done[at]}
		if s := d.specs[i]; s.Schedule != want || s.MaxGradNorm != 1 || s.WeightDecay != 0.01 {
			t.Errorf("%s %d, %s: %+v, want %+v", p.Stage, p.Epoch, p.Tower, s, want)
		}
		done[at] += p.Steps
		if last := want.Rate(1, done[at]-1); math.IsNaN(last) || last <= 0 {
			t.Errorf("the last step of %v has rate %v", at, last)
		}
	}
}

func TestWarmUpThatOutlastsAStageIsRefusedBeforeAnyWork(t *testing.T) {
	d := newDouble()
	_, err := Fit(t.Context(), d, config(t, short+`, "optimiser": {"warmup_steps": 4}`), input(t, d, tiny(), 1))
	if !errors.Is(err, contract.ErrInvalid) || !strings.Contains(err.Error(), "warmup_steps is 4, but the content tower has 3 steps in the stage warmup") {
		t.Errorf("error %v", err)
	}
	if len(d.towers) > 0 {
		t.Error("a tower was opened")
	}
}

func TestTowersMayLearnAtRatesOfTheirOwn(t *testing.T) {
	d, _ := fit(t, `"warmup": {"epochs": 0}, "pretrain": {"epochs": 1, "lr": 0.1, "content_lr": 0.2}, "finetune": {"epochs": 1, "lr": 0.3, "content_lr": 0.4}`, tiny(), 1)
	var rates []float64
	for _, s := range d.specs {
		rates = append(rates, s.LearningRate)
	}
	if !slices.Equal(rates, []float64{0.1, 0.2, 0.3, 0.4}) {
		t.Errorf("rates %v", rates)
	}
}

func TestReportSaysHowBatchesWereCutAndWhatTheDeviceHeld(t *testing.T) {
	_, m := fit(t, short, tiny(), 1)
	r := m.Report()
	if p := r.Passes[0]; p.Micro != 2*p.Steps || p.PeakMemory != 1<<20 || r.PeakMemory() != 1<<20 {
		t.Errorf("pass %+v, peak %d", p, r.PeakMemory())
	}
}
