package stats

import "cmp"

// Test names a paired two-sided test over users.
type Test string

// The tests.
const (
	TestT             Test = "t"
	TestWilcoxon      Test = "wilcoxon"
	TestRandomisation Test = "randomisation"
)

// Bounds names how an interval over users gets its borders.
type Bounds string

// The ways.
const (
	BoundsStudent    Bounds = "student"
	BoundsPercentile Bounds = "percentile"
	BoundsBCa        Bounds = "bca"
)

// Resamples is how many resamples tests and intervals draw.
const Resamples = 10000

// Method says how users are tested and intervals are made.
type Method struct {
	Test     Test   // "" is TestT
	Bounds   Bounds // "" is BoundsStudent
	Level    float64
	Wilcoxon WilcoxonOptions
	Seed     uint64 // of randomisation and bootstrap
}

// P is the p-value of the mean difference over users.
func (m Method) P(differences []float64) float64 {
	switch m.Test {
	case TestWilcoxon:
		return Wilcoxon(differences, m.Wilcoxon).P
	case TestRandomisation:
		return SignFlip(differences, Resamples, m.Seed)
	default:
		return TTest(differences).P
	}
}

// Direction is the sign of what the test looks at: of the mean, or of the signed ranks.
func (m Method) Direction(differences []float64) int {
	if m.Test == TestWilcoxon {
		return cmp.Compare(Wilcoxon(differences, m.Wilcoxon).RankBiserial, 0)
	}
	return cmp.Compare(Mean(differences), 0)
}

// Interval is that of the mean of values.
func (m Method) Interval(values []float64) Interval {
	switch m.Bounds {
	case BoundsPercentile:
		return PercentileInterval(values, m.Level, Resamples, m.Seed)
	case BoundsBCa:
		return BCaInterval(values, m.Level, Resamples, m.Seed)
	default:
		return TInterval(values, m.Level)
	}
}
