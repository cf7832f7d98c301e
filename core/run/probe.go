package run

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/estimate"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stage"
	"cllm4rec/core/train"
)

// probeSteps is how many batches of a pipeline a probe trains on in each pass, and the part
// of the users, one in so many, that any other method is given.
const probeSteps = 10

// Probe trains every row with work for a short time on a part of its data, one epoch, and
// takes what it saw into the forecast. A row that cannot be probed, or not within a limit of
// time, is noted.
func (f *Forecast) Probe(ctx context.Context, o Options, limit time.Duration) error {
	for _, row := range f.Rows() {
		m := f.plan.MethodOf(experiment.Trial{Dataset: row.Dataset, Method: row.Method})
		name := fmt.Sprintf("%s on %s", m.Name, f.plan.Datasets[row.Dataset].Label())
		split := f.splits[row.Dataset]
		if m.Plugin.Kind == "" || split == nil {
			continue
		}
		if len(m.Needs) > 0 {
			f.Notes = append(f.Notes, name+" is not probed: it needs other trials")
			continue
		}
		inner, cancel := context.WithTimeout(ctx, limit)
		seen, err := f.probe(inner, row.Dataset, m, partOf(split, m), o)
		late := inner.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if late {
			err = fmt.Errorf("it took longer than %s", limit)
		}
		if err != nil {
			f.Notes = append(f.Notes, fmt.Sprintf("the probe of %s gave nothing: %v", name, err))
			continue
		}
		f.seen = append(f.seen, seen)
	}
	return nil
}

// probe trains one method on a part of a data set in a process of its own.
func (f *Forecast) probe(ctx context.Context, d int, m experiment.MethodPlan, part *data.Split, o Options) (seen estimate.Observation, err error) {
	plan, err := f.plan.Alone(d, shortened(m))
	if err != nil {
		return seen, err
	}
	r := newRunner(plan, o)
	x := r.newExecution(r.event(0), newInput(part, recordPlugin(plan.Datasets[0].Plugin)), 0)
	dir, err := os.MkdirTemp("", "cllm4rec-probe-")
	if err != nil {
		return seen, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	x.work = stage.Folder{Dir: dir, Key: plan.Trials[0].TrainKey}
	method, err := x.start(ctx)
	if err != nil {
		return seen, err
	}
	defer stop(ctx, x.plugin)
	begin := time.Now()
	if err := method.fit(ctx); err != nil {
		return seen, err
	}
	x.rec.Times.Train, x.rec.Log, x.rec.Status = time.Since(begin).Seconds(), method.entries(), record.Done
	x.usage(method)
	seen, _ = estimate.Recorded(x.rec.Head(), r.environment) // it has a plugin and is done
	seen.At.Users, seen.At.Parameters = usersOf(part), shapeOf(m.Plugin.Params).parameters
	return seen.Probed(fmt.Sprintf("a probe on %d of %d users", seen.At.Users, part.Users.Len())), nil
}

// shortened is a method that trains for one epoch and selects nothing.
func shortened(m experiment.MethodPlan) experiment.MethodPlan {
	last := train.Select{Rule: train.Last}.Decide()
	if m.Train != nil {
		t := *m.Train
		t.Epochs, t.Selection = 1, last
		m.Train = &t
	}
	if m.Pipeline != nil {
		p := *m.Pipeline
		p.Warmup.Epochs, p.Pretrain.Epochs, p.Finetune.Epochs = min(1, p.Warmup.Epochs), min(1, p.Pretrain.Epochs), min(1, p.Finetune.Epochs)
		p.Select, p.Pretrain.Select = last, nil
		m.Pipeline = &p
	}
	return m
}

// partOf is a split with the histories of its first users alone, and as many texts as a
// probe needs.
func partOf(s *data.Split, m experiment.MethodPlan) *data.Split {
	users, texts := max(50, s.Users.Len()/probeSteps), s.Training.Texts
	if m.Pipeline != nil {
		users = m.Pipeline.Batch * probeSteps
		texts = firstTexts(texts, m.Pipeline.Documents, users)
	}
	part := *s
	part.Training.Interactions = firstUsers(s.Training.Interactions, users)
	part.Training.Texts = texts
	part.Validation = nil
	return &part
}

// firstTexts are so many of the texts of some kinds.
func firstTexts(texts []data.Text, kinds []contract.TextKind, n int) (first []data.Text) {
	for _, t := range texts {
		if len(first) < n && slices.Contains(kinds, t.Kind) {
			first = append(first, t)
		}
	}
	return first
}

// firstUsers has the histories of the first users, and of the others none.
func firstUsers(x *data.Interactions, users int) *data.Interactions {
	part := *x
	part.Ptr = append([]int(nil), x.Ptr...)
	end := x.Ptr[min(users, x.Users)]
	for u := range part.Ptr {
		part.Ptr[u] = min(part.Ptr[u], end)
	}
	part.Item = x.Item[:end]
	if x.Value != nil {
		part.Value = x.Value[:end]
	}
	if x.Time != nil {
		part.Time = x.Time[:end]
	}
	return &part
}

// usersOf counts the users with a history.
func usersOf(s *data.Split) int { return usersIn(s.Training.Interactions) }
