package report

import (
	"slices"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

// readHeads reads the heads of the table's trials, of which a table of means is made.
func (b *builder) readHeads() error {
	var keys []string
	for _, t := range b.plan.Trials {
		if slices.Contains(b.splits, t.Dataset) {
			keys = append(keys, t.Key)
		}
	}
	heads, err := b.from.Heads(keys)
	if err != nil {
		return err
	}
	b.heads = heads.ByKey
	return nil
}

// takeHead counts a trial into its row by the head of its record.
func (b *builder) takeHead(to *measured, t experiment.Trial) (err error) {
	head, there := b.heads[t.Key]
	if !there {
		to.row.Missing++
		return nil
	}
	if !b.count(to, t, head) {
		return nil
	}
	if b.first == nil {
		if b.first, err = b.from.Load(t.Key); err != nil {
			return err
		}
	}
	return b.sampleMeans(to, t, head.Result(string(b.part)))
}

// sampleMeans takes each metric of a trial as the value of a single user.
func (b *builder) sampleMeans(to *measured, t experiment.Trial, r *record.HeadResult) error {
	for i, name := range b.names {
		value, known := 0.0, false
		if r != nil {
			if value, known = r.Means[name]; !known {
				value, known = r.Overall[name]
			}
		}
		if !known {
			return contract.Errorf(contract.ErrInvalid, "the record of %s (trial %.12s) has no %s of the %s part, and a table of means computes nothing: leave --means out", b.trialName(t), t.Key, name, b.part)
		}
		to.samples[i] = append(to.samples[i], stats.Sample{Split: b.plan.Datasets[t.Dataset].Repetition, Users: whole, Values: []float64{value}})
	}
	return nil
}
