package stats

import (
	"slices"

	"cllm4rec/core/contract"
)

// Sample is what one seed of a method measured: a metric's value for each user.
type Sample struct {
	Users  []int32
	Values []float64 // as Users
}

// UserMeans is every user's mean over the samples of several seeds of one
// method, which all measured the same users. The users, not the seeds, are then
// the sample. No sample, and samples of different users, are an ErrInvalid.
func UserMeans(samples []Sample) ([]float64, error) {
	if len(samples) == 0 {
		return nil, contract.Errorf(contract.ErrInvalid, "there is no result to average")
	}
	means := make([]float64, len(samples[0].Users))
	for _, s := range samples {
		if len(s.Values) != len(s.Users) || !slices.Equal(s.Users, samples[0].Users) {
			return nil, contract.Errorf(contract.ErrInvalid, "the results are about different users")
		}
		for i, v := range s.Values {
			means[i] += v / float64(len(samples))
		}
	}
	return means, nil
}

// UserInterval is the t-interval over users of their means over seeds: it says
// how far another draw of users would move the mean.
func UserInterval(samples []Sample, level float64) (Interval, error) {
	values, err := UserMeans(samples)
	if err != nil {
		return Interval{}, err
	}
	return TInterval(values, level), nil
}

// SeedInterval is the t-interval over seeds of their means over users: it says
// how far another seed would move the mean. One seed has no borders.
func SeedInterval(samples []Sample, level float64) (Interval, error) {
	if _, err := UserMeans(samples); err != nil {
		return Interval{}, err
	}
	means := make([]float64, len(samples))
	for i, s := range samples {
		means[i] = Mean(s.Values)
	}
	return TInterval(means, level), nil
}

// Mean is the mean of values; NaN when there is none.
func Mean(values []float64) float64 { return sumOf(values) / float64(len(values)) }
