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
	// Users holds the evaluated users, rising. Users without a relevant item
	// are not among them; Skipped counts those.
	Users   []int32
	Skipped int
	// PerUser has one value per metric name and evaluated user, as Users.
	PerUser map[string][]float64
	// RankTime is how long the Rank calls took together.
	RankTime time.Duration
}

// Mean is the mean of a metric over the evaluated users, in [0, 1]. ok is false
// when the metric was not computed.
func (r *Result) Mean(metric string) (mean float64, ok bool) {
	values, ok := r.PerUser[metric]
	if !ok {
		return 0, false
	}
	return stats.Mean(values), true
}
