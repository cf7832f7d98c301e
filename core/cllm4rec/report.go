package cllm4rec

import (
	"cmp"
	"math"
	"slices"

	"cllm4rec/core/contract"
)

// Report is what a Fit leaves for the record; it is JSON-able.
type Report struct {
	Settings     Settings           `json:"settings"`
	Model        contract.ModelInfo `json:"model"`
	Seed         uint64             `json:"seed"`
	UsersSkipped int                `json:"users_skipped"` // without training items
	Texts        Texts              `json:"texts"`
	Passes       []PassReport       `json:"passes"`
	Selection    *Selection         `json:"selection,omitempty"` // nil: the last epoch's tower ranks
	Seconds      float64            `json:"seconds"`             // wall time of Fit, in all processes that it took
	// Resumed is how often a process went on from a checkpoint of another.
	Resumed int `json:"resumed,omitempty"`
	// Earlier is what Seconds has beyond the time of this Fit: what earlier processes and
	// stages that were taken took, less the waiting for those.
	Earlier float64 `json:"-"`
	PeakRSS int64   `json:"-"` // of processes that made the stages of Seconds, in bytes; 0: none
	// Stages are the results of stages that the Fit took from the store or made there.
	Stages []Taken `json:"stages,omitempty"`
	// Generated are the sequences that answered since the training ended; nil where items
	// are ranked by one pass.
	Generated *Generated `json:"generated,omitempty"`
}

// Texts are what the content tower reads.
type Texts struct {
	Count int `json:"count"`
	Blank int `json:"blank"` // left out, of any kind
	Words int `json:"words"` // of the language model's vocabulary, cut to the longest sequence
}

// PassReport is what one pass of a tower over its documents saw.
type PassReport struct {
	Stage     Stage     `json:"stage"`
	Epoch     int       `json:"epoch"` // from 1
	Tower     string    `json:"tower"`
	Steps     int64     `json:"steps"`
	Micro     int64     `json:"micro_batches"` // forward and backward passes
	Documents int       `json:"documents"`
	Skipped   int       `json:"skipped"`   // documents with nothing to predict
	Truncated int       `json:"truncated"` // documents that the length limit cut
	Tokens    int64     `json:"tokens"`
	Predicted int64     `json:"predicted"`
	Loss      float64   `json:"loss"` // mean over steps, priors included
	Data      float64   `json:"data"` // of which the data
	Priors    []float64 `json:"priors,omitempty"`
	// Perplexity is exp of the data loss per predicted token, as trained (with
	// dropout); with a loss per document it weighs every batch alike.
	Perplexity float64 `json:"perplexity"`
	// PeakMemory is the most memory of the device in the pass, in bytes; 0 unknown.
	PeakMemory int64   `json:"peak_memory,omitempty"`
	Seconds    float64 `json:"seconds"`
	Rate       float64 `json:"tokens_per_second"`
}

// Selection is how the ranking tower was chosen.
type Selection struct {
	Stage Stage        `json:"stage"`
	Best  int          `json:"best_epoch"`
	Curve []Validation `json:"curve"`
}

// Validation is the sum of the selection metrics after an epoch.
type Validation struct {
	Epoch   int     `json:"epoch"`
	Score   float64 `json:"score"`
	Seconds float64 `json:"seconds"`
}

// passReport writes down a pass.
func passReport(p Pass, part *Part) PassReport {
	result, t := part.Result, part.Tally
	entry := PassReport{
		Stage: p.Stage, Epoch: p.Epoch, Tower: p.Spec.Tower, Steps: result.Steps, Micro: result.MicroBatches,
		Documents: t.Built, Skipped: t.Skipped, Truncated: t.Truncated, Tokens: result.Tokens, Predicted: result.Predicted,
		Loss: result.Loss, Data: result.Data, Priors: result.Priors, PeakMemory: result.PeakMemory, Seconds: part.Seconds,
	}
	entry.Perplexity = perplexity(p.Spec.Reduction, result, t)
	if part.Seconds > 0 {
		entry.Rate = float64(result.Tokens) / part.Seconds
	}
	return entry
}

func perplexity(reduction contract.Reduction, r contract.TrainResult, t Tally) float64 {
	perToken := r.Data
	if reduction == contract.ExampleMean && r.Predicted > 0 {
		perToken *= float64(t.Built) / float64(r.Predicted)
	}
	return math.Exp(min(perToken, 700)) // JSON has no infinity
}

// PeakMemory is the most memory of the device in any pass, in bytes; 0 unknown.
func (r *Report) PeakMemory() int64 {
	var most int64
	for _, p := range r.Passes {
		most = max(most, p.PeakMemory)
	}
	return most
}

// selected is how the ranking tower was chosen; nil when it is the last epoch's.
func (f *fitter) selected() *Selection {
	var s *Selection
	for _, e := range f.state.Log {
		if e.Validation == nil || Stage(e.Stage) != f.settings.ranks() {
			continue
		}
		if s == nil {
			s = &Selection{Stage: Stage(e.Stage)}
		}
		s.Curve = append(s.Curve, Validation{Epoch: e.Epoch, Score: *e.Validation, Seconds: e.Seconds})
	}
	if s != nil { // of equal scores the first one's
		s.Best = slices.MaxFunc(s.Curve, func(a, b Validation) int { return cmp.Compare(a.Score, b.Score) }).Epoch
	}
	return s
}

// reportEnd completes the report from the state.
func (f *fitter) reportEnd() {
	r := f.report
	r.Passes, r.Selection = f.state.Passes, f.selected()
	r.Seconds, r.Earlier, r.Resumed = f.seconds(), f.before-f.began.Sub(f.started).Seconds(), f.state.Resumed
	r.Stages, r.Generated, r.PeakRSS = f.state.Taken, nil, f.state.PeakRSS
}
