package cllm4rec

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"cllm4rec/core/contract"
)

// selector keeps the collaborative tower of the best validation (the authors'
// sum of Recall@20, Recall@40 and NDCG@100, src/finetuning.py).
type selector struct {
	f     *fitter
	stage Stage
	keep  bestCheckpoint
	since int // validations since the best
}

// newSelector selects in the stage whose tower ranks; elsewhere it is nil and
// does nothing.
func (f *fitter) newSelector(stage Stage) *selector {
	ranks := StageFinetune
	if f.settings.Finetune.Epochs == 0 {
		ranks = StagePretrain
	}
	if f.settings.Select.Rule != Best || stage != ranks {
		return nil
	}
	f.report.Selection = &Selection{Stage: stage}
	return &selector{f: f, stage: stage, keep: bestCheckpoint{tower: towerCollaborative, path: filepath.Join(f.dir, "best.tower")}}
}

// after validates an epoch when its turn has come; stop is true when patience ends.
func (s *selector) after(ctx context.Context, epoch, epochs int) (stop bool, err error) {
	if s == nil || epoch%s.f.settings.Select.Every != 0 && epoch != epochs {
		return false, nil
	}
	start := time.Now()
	s.f.in.Progress.Report(contract.Progress{Stage: fmt.Sprintf("%s %d/%d, validation", s.stage, epoch, epochs), Loss: math.NaN()})
	score, err := s.f.in.Validate(ctx, s.f.model)
	if err == nil && (math.IsNaN(score) || math.IsInf(score, 0)) {
		err = contract.Errorf(contract.ErrNonFinite, "the sum of the metrics is %v", score)
	}
	if err != nil {
		return false, fmt.Errorf("%s %d/%d, validation: %w", s.stage, epoch, epochs, err)
	}
	better, err := s.keep.offer(ctx, s.f.backbone, score)
	s.note(Validation{Epoch: epoch, Score: score, Seconds: time.Since(start).Seconds()}, better)
	patience := s.f.settings.Select.Patience
	return patience > 0 && s.since >= patience, err
}

// note writes a validation into the report.
func (s *selector) note(v Validation, better bool) {
	r := s.f.report.Selection
	r.Curve = append(r.Curve, v)
	s.since++
	if better {
		r.Best, s.since = v.Epoch, 0
	}
}

// end puts the best tower in place, unless an error came first.
func (s *selector) end(ctx context.Context, err error) error {
	if s == nil || err != nil {
		return err
	}
	return s.keep.restore(ctx, s.f.backbone)
}
