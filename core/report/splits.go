package report

import (
	"fmt"
	"math"

	"cllm4rec/core/contract"
	"cllm4rec/core/stats"

	"gonum.org/v1/gonum/stat"
)

// Spread is how far the splits of a method lie apart: in each metric the standard
// deviation (divisor n-1) of its means over splits; nil where fewer than two splits were
// measured.
type Spread struct {
	Method string     `json:"method"`
	Cells  []*float64 `json:"sd"` // as Strata.Metrics
}

// bySplit shows every split of a data set as a bucket, with the tests of data that are
// split once.
func (b *builder) bySplit(rows []measured) (*Strata, error) {
	if !b.rules.repeated {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is split once, so that its results cannot be divided by split; repeat: {splits: 5} at the data set splits it five times", b.dataset())
	}
	s := &Strata{By: BySplit, Buckets: []Bucket{}, Metrics: b.names}
	once := b.rules
	once.repeated = false
	for _, place := range b.splits {
		number := b.plan.Datasets[place].Repetition
		part := stratum{}
		for _, row := range rows {
			part.rows = append(part.rows, row.ofSplit(number, len(b.metrics)))
		}
		if err := b.countSplit(&part, rows, number); err != nil {
			return nil, err
		}
		bucket, err := part.bucket(b.metrics, once, b.plan.Table.Against)
		if err != nil {
			return nil, err
		}
		bucket.Name = fmt.Sprint(number)
		s.Buckets = append(s.Buckets, *bucket)
	}
	for _, row := range rows {
		spread, err := row.spread(len(b.metrics))
		if err != nil {
			return nil, err
		}
		s.Spreads = append(s.Spreads, *spread)
	}
	s.Notes = b.strataNotes(&division{note: "split: every split on its own, averaged over its seeds; the tests in it are over users alone. The last rows are the standard deviations of the methods' means over the splits."}, once)
	return s, nil
}

// ofSplit is what a method has of one split.
func (m measured) ofSplit(number, metrics int) measured {
	out := newMeasured(m.row.Method, metrics)
	for i, samples := range m.samples {
		for _, s := range samples {
			if s.Split == number {
				out.samples[i] = append(out.samples[i], s)
			}
		}
	}
	for _, rec := range m.done {
		if rec.split == number {
			out.row.Cost.Trials++
		}
	}
	return out
}

// countSplit counts the measured users of a split and their held-out items.
func (b *builder) countSplit(s *stratum, rows []measured, number int) error {
	for _, row := range rows {
		for _, rec := range row.done {
			if rec.split != number {
				continue
			}
			data, err := b.data(rec.Record)
			if err != nil {
				return err
			}
			s.heldOut = data.Part(b.part).Len()
			if r := rec.Result(string(b.part)); r != nil {
				s.users = r.Users
			}
			return nil
		}
	}
	return nil
}

func (m measured) spread(metrics int) (*Spread, error) {
	out := &Spread{Method: m.row.Method, Cells: make([]*float64, metrics)}
	for i, samples := range m.samples {
		if len(samples) == 0 {
			continue
		}
		merged, err := stats.Merge(samples)
		if err != nil {
			return nil, err
		}
		if sd := stat.StdDev(stats.SplitMeans(merged), nil); !math.IsNaN(sd) {
			out.Cells[i] = &sd
		}
	}
	return out, nil
}
