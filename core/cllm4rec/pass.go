package cllm4rec

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/train"
)

// Part is how far a pass is that is under way.
type Part struct {
	Tally   Tally                `json:"tally"`
	Result  contract.TrainResult `json:"result"`
	Seconds float64              `json:"seconds"`
}

// train runs a pass, or what is left of it, and writes it into the state.
func (f *fitter) train(ctx context.Context, p Pass) (train.Entry, error) {
	p.Spec.Seed = contract.MixSeed(f.in.Seed, forDropout, p.key())
	p.Spec.Schedule = f.schedule(p)
	if f.state.Part == nil {
		f.state.Part = &Part{}
	}
	part, docs := f.state.Part, f.examples(p)
	f.whole(p, part.Result.Examples)
	for {
		if err := f.call(ctx, p, docs, part); err != nil {
			return train.Entry{}, fmt.Errorf("%s: %w", p, err)
		}
		if !docs.left(part.Tally) {
			break
		}
		if err := f.reached(ctx); err != nil {
			return train.Entry{}, err
		}
	}
	f.state.done(p, part)
	r := part.Result
	return train.Entry{
		Tower: p.Spec.Tower, Loss: &r.Loss, Seconds: part.Seconds, Steps: r.Steps, Examples: int64(part.Tally.Built), Tokens: r.Tokens,
		LearningRate: p.Spec.LearningRate, PeakMemory: r.PeakMemory,
	}, f.offerStart(ctx, p, r)
}

// call trains on a pass's documents up to the end or to where a checkpoint is due.
func (f *fitter) call(ctx context.Context, p Pass, docs source, part *Part) error {
	spec, start := p.Spec, time.Now()
	spec.FirstStep = part.Result.Steps
	spec.FreshOptimiser = spec.FreshOptimiser && spec.FirstStep == 0
	most := f.mostDocuments(p, len(docs.order))
	r, err := f.backbone.TrainTower(ctx, spec, docs.documents(ctx, &part.Tally, most), f.progress(p, part.Result.Examples))
	f.changed[p.Spec.Tower] = true
	if err == nil {
		err = checkResult(r, part.Tally)
	}
	if err != nil {
		return err
	}
	took := time.Since(start)
	if r.Steps > 0 {
		f.perStep[p.Spec.Objective] = took / time.Duration(r.Steps)
	}
	part.add(r, took)
	return nil
}

// firstSteps is how many steps a call has before anything is known of their time.
const firstSteps = 16

// mostDocuments is how many documents a call trains on: all, or about as many as
// take the time between two checkpoints. Where a pass is cut changes no number.
func (f *fitter) mostDocuments(p Pass, all int) int {
	if !f.in.Cuts || f.in.Pace == nil {
		return all
	}
	steps := firstSteps
	if perStep := f.perStep[p.Spec.Objective]; perStep > 0 {
		steps = int(max(1, f.in.Pace.Interval()/perStep))
	}
	if steps > all/p.Spec.Batch {
		return all
	}
	return steps * p.Spec.Batch
}

// add adds what a call saw. The losses are means over the steps.
func (part *Part) add(r contract.TrainResult, took time.Duration) {
	part.Seconds += took.Seconds()
	before := part.Result
	if before.Steps == 0 {
		part.Result = r
		return
	}
	share := float64(r.Steps) / float64(before.Steps+r.Steps)
	sum := &part.Result
	sum.Steps, sum.MicroBatches, sum.Examples = before.Steps+r.Steps, before.MicroBatches+r.MicroBatches, before.Examples+r.Examples
	sum.Tokens, sum.Predicted = before.Tokens+r.Tokens, before.Predicted+r.Predicted
	sum.Loss += share * (r.Loss - before.Loss)
	sum.Data += share * (r.Data - before.Data)
	for i := range sum.Priors {
		sum.Priors[i] += share * (r.Priors[i] - sum.Priors[i])
	}
	sum.PeakMemory = max(before.PeakMemory, r.PeakMemory)
}

// examples are what a pass goes over.
func (f *fitter) examples(p Pass) source {
	if p.Spec.Objective == contract.NextWord {
		return f.content(p)
	}
	return f.histories(p)
}

// checkResult refuses a pass that trained nothing or ended beyond the numbers.
func checkResult(r contract.TrainResult, t Tally) error {
	if t.Built == 0 {
		return contract.Errorf(contract.ErrInvalid, "none of %d documents has a token to predict", t.Skipped)
	}
	for _, loss := range append([]float64{r.Loss, r.Data}, r.Priors...) {
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return contract.Errorf(contract.ErrNonFinite, "the mean loss over %d steps is %v", r.Steps, loss)
		}
	}
	return nil
}

// progress names the work in what a backbone reports, adds the examples of earlier
// calls, and says how many examples the pass has, as a backbone that is given a
// stream cannot know.
func (f *fitter) progress(pass Pass, before int64) contract.OnProgress {
	if f.in.Progress == nil && f.in.Whole == nil {
		return nil
	}
	name := pass.String()
	return func(p contract.Progress) {
		p.Stage = name
		if p.Unit == "example" {
			if p.Total == 0 {
				p.Done, p.Total = p.Done+before, pass.Size.Examples
			}
			f.whole(pass, p.Done)
		}
		f.in.Progress.Report(p)
	}
}

// whole tells how many documents of each objective are done while so many of a pass are.
// Passes that a selection skipped count as done.
func (f *fitter) whole(pass Pass, of int64) {
	if f.in.Whole == nil {
		return
	}
	done, total := map[contract.Objective]int64{}, map[contract.Objective]int64{}
	for i, p := range f.passes {
		total[p.Spec.Objective] += p.Size.Examples
		if i < f.state.Next {
			done[p.Spec.Objective] += p.Size.Examples
		}
	}
	done[pass.Spec.Objective] += min(of, pass.Size.Examples)
	for _, o := range slices.Sorted(maps.Keys(total)) {
		f.in.Whole(o, done[o], total[o])
	}
}
