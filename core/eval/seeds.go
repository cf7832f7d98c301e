package eval

import (
	"slices"

	"cllm4rec/core/contract"
)

// UserMeans is every user's mean of a metric over the results of several seeds
// of one method, which all evaluated the same users. The users, not the seeds,
// are then the sample.
func UserMeans(results []*Result, metric string) ([]float64, error) {
	if len(results) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is no result to average %s over", metric)
	}
	means := make([]float64, len(results[0].Users))
	for _, r := range results {
		values, ok := r.PerUser[metric]
		if !ok {
			return nil, contract.Errorf(contract.ErrInvalid, "a result has no metric %s", metric)
		}
		if len(values) != len(r.Users) || !slices.Equal(r.Users, results[0].Users) {
			return nil, contract.Errorf(contract.ErrInvalid, "results of %s are about different users", metric)
		}
		for i, v := range values {
			means[i] += v / float64(len(results))
		}
	}
	return means, nil
}

// UserInterval is the t-interval over users of their means over seeds: it says
// how far another draw of users would move the mean.
func UserInterval(results []*Result, metric string, level float64) (Interval, error) {
	values, err := UserMeans(results, metric)
	if err != nil {
		return Interval{}, err
	}
	return TInterval(values, level), nil
}

// SeedInterval is the t-interval over seeds of their means over users: it says
// how far another seed would move the mean. One seed has no borders.
func SeedInterval(results []*Result, metric string, level float64) (Interval, error) {
	if _, err := UserMeans(results, metric); err != nil {
		return Interval{}, err
	}
	means := make([]float64, len(results))
	for i, r := range results {
		means[i], _ = r.Mean(metric)
	}
	return TInterval(means, level), nil
}
