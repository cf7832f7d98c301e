package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Resampling says how the splits of a data set came about.
type Resampling struct {
	// Apart: no two splits test the same, as folds or windows of time do. Otherwise each
	// split is drawn anew.
	Apart bool
	// Ratio is the size of the test part over that of the training part of a split,
	// as a mean over the splits. It is read of splits that are drawn anew.
	Ratio float64
}

// OverSplits is the mean of one number of each split, its interval, and the
// two-sided test of its being zero.
type OverSplits struct {
	Interval
	PairedT
}

// TestSplits tests and bounds the mean over splits. Splits that are drawn anew
// share most of their training parts, so that their spread is too small: the
// corrected resampled t-test (Nadeau and Bengio 2003, "Inference for the
// generalization error", section 4.3) takes
//
//	(1/J + n_test/n_train) s²
//
// for the squared standard error of the mean of J splits in place of s²/J. Folds
// and windows have the plain t-test, which rejects too often (Dietterich 1998; no
// unbiased estimate of the variance of folds exists: Bengio and Grandvalet 2004). Fewer than two
// splits have no borders and P 1.
func TestSplits(means []float64, r Resampling, level float64) OverSplits {
	n := len(means)
	if n < 2 {
		return OverSplits{unknownInterval(means, level), PairedT{P: 1}}
	}
	mean, sd := stat.MeanStdDev(means, nil)
	share := 1 / float64(n)
	if !r.Apart {
		share += r.Ratio
	}
	standardError := sd * math.Sqrt(share)
	half := tQuantile(level, n-1) * standardError
	over := OverSplits{Interval{mean, mean - half, mean + half, level, n}, PairedT{DF: n - 1, P: 1}}
	if mean != 0 {
		over.PairedT = PairedT{T: mean / standardError, DF: n - 1, Dz: mean / sd}.tested()
	}
	return over
}
