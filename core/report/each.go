package report

import (
	"errors"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// UserValues are the values of single users of one finished trial.
type UserValues struct {
	Dataset string
	Split   int // DatasetPlan.Repetition
	Method  string
	Seed    uint64
	Key     string
	Users   []string
	Metrics []string    // those that single users have
	Values  [][]float64 // of each metric, as Users
}

// EachTrial visits the finished trials of a plan in its order. Errors are those of Build.
func EachTrial(plan *experiment.Plan, from Source, part contract.Part, visit func(*record.Record, UserValues) error) error {
	metrics, err := eval.ParseMetrics(plan.Evaluate.Metrics)
	if err != nil {
		return err
	}
	for _, splits := range plan.Tables() {
		b := newBuilder(plan, from, part, splits)
		b.names, b.metrics = plan.Evaluate.Metrics, metrics
		for _, t := range plan.Trials {
			if !slices.Contains(splits, t.Dataset) {
				continue
			}
			if err := b.visit(t, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) visit(t experiment.Trial, visit func(*record.Record, UserValues) error) error {
	rec, err := b.from.Load(t.Key)
	if errors.Is(err, contract.ErrNotFound) || err == nil && rec.Status != record.Done {
		return nil
	}
	if err != nil {
		return err
	}
	got, err := b.values(rec)
	if err != nil {
		return err
	}
	v := UserValues{Dataset: b.dataset(), Split: b.plan.Datasets[t.Dataset].Repetition, Method: b.plan.Methods[t.Method].Name, Seed: t.Seed, Key: t.Key}
	ids := b.ids()
	for _, u := range got.users {
		v.Users = append(v.Users, ids[u])
	}
	for i, m := range b.metrics {
		if m.PerUser() {
			v.Metrics, v.Values = append(v.Metrics, b.names[i]), append(v.Values, got.PerUser[b.names[i]])
		}
	}
	return visit(rec, v)
}
