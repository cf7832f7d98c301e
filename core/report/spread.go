package report

import (
	"fmt"
	"math"

	"cllm4rec/core/contract"

	"gonum.org/v1/gonum/stat"
)

// Spread is how far the splits or seeds of a method lie apart: in each metric the
// standard deviation (divisor n-1) of their means over users; nil where fewer than two
// were measured.
type Spread struct {
	Method string     `json:"method"`
	Cells  []*float64 `json:"sd"` // as Strata.Metrics
}

// share is the trials of one split, or of one seed.
type share struct {
	name string
	has  func(finished) bool
}

// shares divides the trials of the data set by split or by seed.
func (b *builder) shares(by string) ([]share, error) {
	var all []share
	if by == BySeed {
		if len(b.plan.Seeds) < 2 {
			return nil, contract.Errorf(contract.ErrInvalid, "the experiment has one seed, so that its results cannot be divided by seed; seeds: [1, 2, 3] gives it three")
		}
		for _, seed := range b.plan.Seeds {
			all = append(all, share{fmt.Sprint(seed), func(f finished) bool { return f.Seed == seed }})
		}
		return all, nil
	}
	if !b.rules.repeated {
		return nil, contract.Errorf(contract.ErrInvalid, "%s is split once, so that its results cannot be divided by split; repeat: {splits: 5} at the data set splits it five times", b.dataset())
	}
	for _, place := range b.splits {
		number := b.plan.Datasets[place].Repetition
		all = append(all, share{fmt.Sprint(number), func(f finished) bool { return f.split == number }})
	}
	return all, nil
}

// byTrials shows every split or every seed as a bucket, with the tests of a table of its
// own, and the spread over them.
func (b *builder) byTrials(by string, rows []measured) (*Strata, error) {
	shares, err := b.shares(by)
	if err != nil {
		return nil, err
	}
	s := &Strata{By: by, Buckets: []Bucket{}, Metrics: b.names}
	inside := b.rules
	inside.repeated = inside.repeated && by != BySplit
	for i := range rows {
		s.Spreads = append(s.Spreads, Spread{rows[i].row.Method, make([]*float64, len(b.metrics))})
	}
	means := make([][][]float64, len(rows)) // by row and metric
	for _, of := range shares {
		part := stratum{}
		for _, row := range rows {
			part.rows = append(part.rows, row.only(of, len(b.metrics)))
		}
		if err := b.countUsers(&part); err != nil {
			return nil, err
		}
		bucket, err := part.bucket(b.metrics, inside, b.plan.Table.Against)
		if err != nil {
			return nil, err
		}
		bucket.Name = of.name
		s.Buckets = append(s.Buckets, *bucket)
		for m, row := range bucket.Rows {
			means[m] = append(means[m], knownMeans(row.Cells))
		}
	}
	for m := range rows {
		for i := range b.metrics {
			s.Spreads[m].Cells[i] = deviation(means[m], i)
		}
	}
	s.Notes = b.strataNotes(&division{note: trialsNote(by)}, b.metrics, inside)
	return s, nil
}

func trialsNote(by string) string {
	if by == BySeed {
		return "seed: every seed on its own. The last rows are the standard deviations of the methods' means over the seeds: how far another seed moves a mean."
	}
	return "split: every split on its own, averaged over its seeds; the tests in it are over users alone. The last rows are the standard deviations of the methods' means over the splits: how far another split moves a mean."
}

// only is what a method has of some trials. Each trial has one sample in each metric.
func (m measured) only(of share, metrics int) measured {
	out := newMeasured(m.row.Method, metrics)
	for at, rec := range m.done {
		if !of.has(rec) {
			continue
		}
		out.done = append(out.done, rec)
		out.row.Cost.Trials++
		for i, samples := range m.samples {
			out.samples[i] = append(out.samples[i], samples[at])
		}
	}
	return out
}

// countUsers counts the measured users of the first trial and their held-out items.
func (b *builder) countUsers(s *stratum) error {
	for _, row := range s.rows {
		if len(row.done) == 0 {
			continue
		}
		data, err := b.data(row.done[0].Record)
		if err != nil {
			return err
		}
		s.heldOut = data.Part(b.part).Len()
		if r := row.done[0].Result(string(b.part)); r != nil {
			s.users = r.Users
		}
		return nil
	}
	return nil
}

// knownMeans has NaN where nothing was measured.
func knownMeans(cells []Cell) []float64 {
	means := make([]float64, len(cells))
	for i, c := range cells {
		means[i] = math.NaN()
		if c.Known {
			means[i] = c.Mean
		}
	}
	return means
}

// deviation is the standard deviation of the known means of a metric; nil of fewer than
// two.
func deviation(means [][]float64, metric int) *float64 {
	var known []float64
	for _, m := range means {
		if !math.IsNaN(m[metric]) {
			known = append(known, m[metric])
		}
	}
	if len(known) < 2 {
		return nil
	}
	sd := stat.StdDev(known, nil)
	return &sd
}
