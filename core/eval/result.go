package eval

import (
	"time"

	"cllm4rec/core/contract"
	"cllm4rec/core/stats"
)

// Result is one evaluation of one ranker.
type Result struct {
	Part    contract.Part
	Mask    Rule     // what was masked; train at validation whatever was asked for
	History Rule     // what the queries carried
	Metrics []Metric // in the order in which they were asked for
	// Rankings are the lists of the evaluated users. Users without a relevant item
	// are not among them; Skipped counts those.
	Rankings
	Skipped int
	Values
	// RankTime is how long the Rank calls took together.
	RankTime time.Duration
}

// Mean is the mean of a metric over the evaluated users. ok is false when the
// metric was not computed, or is not one of single users.
func (r *Result) Mean(metric string) (mean float64, ok bool) {
	values, ok := r.PerUser[metric]
	if !ok {
		return 0, false
	}
	return stats.Mean(values), true
}
