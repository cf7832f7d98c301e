package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// PairedT is Student's paired test, two-sided.
type PairedT struct {
	T  float64 // mean difference over its standard error
	DF int     // pairs - 1
	P  float64 // in [0, 1]
	Dz float64 // Cohen's d_z: mean difference over the standard deviation of the differences
}

// TTest tests whether the mean of differences is zero. All differences equal
// zero give T 0, P 1; all equal and not zero give an infinite T, P 0; fewer
// than two differences give T 0, P 1.
func TTest(differences []float64) PairedT {
	n := len(differences)
	if n < 2 {
		return PairedT{P: 1}
	}
	mean, sd := stat.MeanStdDev(differences, nil)
	if mean == 0 {
		return PairedT{DF: n - 1, P: 1}
	}
	dz := mean / sd
	return PairedT{T: dz * math.Sqrt(float64(n)), DF: n - 1, Dz: dz}.tested()
}

// tested fills in P.
func (r PairedT) tested() PairedT {
	r.P = 0
	if !math.IsInf(r.T, 0) {
		r.P = 2 * distuv.StudentsT{Sigma: 1, Nu: float64(r.DF)}.CDF(-math.Abs(r.T))
	}
	return r
}

// tQuantile is the (1+level)/2 quantile of Student's distribution.
func tQuantile(level float64, df int) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Quantile((1 + level) / 2)
}
