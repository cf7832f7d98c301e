package report

import (
	"errors"
	"fmt"
	"runtime"
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/eval"
	"cllm4rec/core/record"
)

// values are all metrics of a table for one trial.
type values struct {
	users []int32 // numbers of the users, as PerUser
	eval.Values
}

// values reads the metrics that a record has and computes the others from its rankings.
func (b *builder) values(rec *record.Record) (*values, error) {
	users, err := b.from.Users(rec, string(b.part))
	if err != nil {
		return nil, err
	}
	v := &values{Values: eval.Values{PerUser: map[string][]float64{}, Overall: map[string]float64{}}}
	v.users = b.numbers(users.Users)
	overall := rec.Result(string(b.part)).Overall
	var missing []eval.Metric
	for i, name := range b.names {
		column, number := users.Column(name), overall[name]
		_, known := overall[name]
		switch {
		case column != nil:
			v.PerUser[name] = column
		case known:
			v.Overall[name] = number
		default:
			missing = append(missing, b.metrics[i])
		}
	}
	if len(missing) == 0 {
		return v, nil
	}
	return v, b.compute(v, rec, users, missing)
}

// compute adds metrics that are computed from the stored rankings.
func (b *builder) compute(v *values, rec *record.Record, users *record.Users, metrics []eval.Metric) error {
	rankings, err := b.from.Rankings(rec, string(b.part))
	if errors.Is(err, contract.ErrNotFound) {
		return contract.Errorf(contract.ErrNotFound, "the record of trial %.12s (%s, seed %d) has neither values of %s nor rankings to compute them from: run the experiment again",
			rec.Key, rec.Method, rec.Seed, metrics[0])
	}
	if err != nil {
		return err
	}
	data, err := b.data(rec)
	if err != nil {
		return err
	}
	ids := make([]string, len(rankings.Users))
	for i, u := range rankings.Users {
		ids[i] = data.Users[u]
	}
	if !slices.Equal(ids, users.Users) {
		return contract.Errorf(contract.ErrBadData, "the %s rankings of trial %s are of other users than its per-user results", b.part, rec.Key)
	}
	more, err := eval.Measure(*rankings, data.Part(b.part), data.Training, metrics, runtime.GOMAXPROCS(0))
	if err != nil {
		return fmt.Errorf("trial %.12s (%s, seed %d): %w; `cllm4rec run` with the metric among evaluate.metrics stores deeper rankings", rec.Key, rec.Method, rec.Seed, err)
	}
	for name, column := range more.PerUser {
		v.PerUser[name] = column
	}
	for name, number := range more.Overall {
		v.Overall[name] = number
	}
	return nil
}

// data is the split data of a record; the trials of a data set share them.
func (b *builder) data(rec *record.Record) (*record.SplitData, error) {
	if b.splitData != nil && b.of == rec.Data.Fingerprint {
		return b.splitData, nil
	}
	p, err := b.from.SplitData(rec)
	if err != nil {
		return nil, err
	}
	b.splitData, b.of = p, rec.Data.Fingerprint
	return p, nil
}
