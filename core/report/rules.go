package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"cllm4rec/core/contract"
	"cllm4rec/core/data"
	"cllm4rec/core/eval"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
	"cllm4rec/core/stats"
)

// rules say how the means of a table are bounded and tested.
type rules struct {
	stats.Method
	// repeated: the data set is split several times, and what is claimed must hold
	// for other users and for other splits.
	repeated   bool
	meansOnly  bool // nothing is bounded or tested
	resampling stats.Resampling
	split      data.SplitSpec // the first of the repeated ones
}

// methodOf is what the plan's table says of tests and intervals.
func methodOf(s *experiment.Statistics) stats.Method {
	if s == nil {
		return stats.Method{Test: stats.TestT, Bounds: stats.BoundsStudent, Level: stats.DefaultLevel}
	}
	return stats.Method{
		Test: stats.Test(s.Test), Bounds: stats.Bounds(s.Interval), Level: s.Level, Seed: s.Seed,
		Wilcoxon: stats.WilcoxonOptions{Zeros: stats.Zeros(s.Zeros), Continuity: s.Continuity},
	}
}

// significance is the level of the tests: that of the intervals, from the other end.
func (r rules) significance() float64 { return math.Round((1-r.Level)*1e9) / 1e9 }

// rulesOf are those of the builder's table.
func (b *builder) rulesOf(rows []measured) (rules, error) {
	r := rules{Method: methodOf(b.plan.Table.Statistics), repeated: b.plan.Datasets[b.splits[0]].Repetition > 0, meansOnly: b.heads != nil}
	if !r.repeated || r.meansOnly {
		return r, nil
	}
	r.split = b.plan.Datasets[b.splits[0]].Selection.Split
	r.resampling.Apart = r.split.Method == data.MethodKFold || r.split.Method == data.MethodRolling
	splits := map[int]bool{}
	for _, row := range rows {
		for _, done := range row.done {
			if splits[done.split] {
				continue
			}
			splits[done.split] = true
			ratio, err := b.ratio(done.Record, r.split)
			if err != nil {
				return r, err
			}
			r.resampling.Ratio += ratio
		}
	}
	r.resampling.Ratio /= float64(max(1, len(splits)))
	return r, nil
}

// ratio is the size of the measured part over that of the training part, in what the
// split draws.
func (b *builder) ratio(rec *record.Record, s data.SplitSpec) (float64, error) {
	var a data.Audit
	if err := json.Unmarshal(rec.Data.Audit, &a); err != nil || a.Train.Interactions == 0 {
		return 0, contract.Errorf(contract.ErrBadData, "the record of trial %.12s does not say how large training and test are, by which splits are compared: run it again", rec.Key)
	}
	part := a.Test
	if b.part == contract.PartValidation {
		part = a.Validation
	}
	return float64(drawn(part, s)) / float64(drawn(a.Train, s)), nil
}

// drawn is the size of a part in what the split draws.
func drawn(c data.PartCounts, s data.SplitSpec) int {
	switch {
	case s.HoldsOutUsers():
		return c.Users
	case s.HoldsOutItems():
		return c.Items
	default:
		return c.Interactions
	}
}

// cell is the mean of a metric over users, seeds and splits with its interval. The
// interval of repeated splits is the wider of those over users and over splits, end
// by end.
func (r rules) cell(merged []stats.Sample, seeds int, metric eval.Metric) Cell {
	means := stats.SplitMeans(merged)
	c := Cell{Known: true, Mean: stats.Mean(means), Seeds: seeds}
	if r.repeated {
		c.Splits = len(merged)
	}
	if r.meansOnly {
		return c
	}
	if metric.PerUser() {
		_, values := stats.UserMeans(merged)
		interval := r.Interval(values)
		if !r.repeated {
			c.Mean = interval.Mean
		}
		c.within(interval)
	}
	if r.repeated {
		c.within(stats.TestSplits(means, r.resampling, r.Level).Interval)
	}
	return c
}

// seeds is how many samples the split has that has most of them.
func seeds(samples []stats.Sample) int {
	most, of := 0, map[int]int{}
	for _, s := range samples {
		of[s.Split]++
		most = max(most, of[s.Split])
	}
	return most
}

// within widens the interval of a cell by another one of the same mean. Users who
// were not measured in every split move the mean over users a little.
func (c *Cell) within(i stats.Interval) {
	if !i.Known() {
		return
	}
	shift := c.Mean - i.Mean
	low, high := i.Low+shift, i.High+shift
	if c.Low != nil {
		low, high = min(low, *c.Low), max(high, *c.High)
	}
	c.Low, c.High = &low, &high
}

// p is the p-value of a difference: of repeated splits the larger one of the tests
// over users and over splits, which rejects only what both reject (an intersection-union
// test, Berger 1982). Without a common split, it is 1.
func (r rules) p(pairs *stats.Pairs) float64 {
	if len(pairs.Splits) == 0 {
		return 1
	}
	p := r.P(pairs.Differences())
	if r.Direction(pairs.Differences()) != cmp.Compare(stats.Mean(pairs.SplitDifferences), 0) {
		return 1 // the test speaks for the other side than the means that are shown
	}
	if r.repeated {
		p = max(p, stats.TestSplits(pairs.SplitDifferences, r.resampling, r.Level).P)
	}
	return p
}

// notes say how means were bounded and tested.
func (r rules) notes(against string) []string {
	if r.meansOnly {
		return []string{"Means as the records hold them, over users and then over seeds: without intervals and tests, which `cllm4rec table DIR` has."}
	}
	notes := []string{fmt.Sprintf("%s Bold (stars in plain text): %s", r.boundsNote(), r.bestNote())}
	if against != "" {
		notes = append(notes, r.againstNote(against))
	}
	return notes
}

// boundsNote says what the interval of a mean is.
func (r rules) boundsNote() string {
	users := fmt.Sprintf("%s over users, each user's values averaged over the seeds%s first", r.interval(), r.andSplits())
	note := "± is half the " + users + "."
	if r.Bounds == stats.BoundsPercentile || r.Bounds == stats.BoundsBCa {
		note = "In brackets: the " + users + "."
	}
	if r.repeated {
		note += " Where the interval over splits is wider, it is shown instead. " + r.splitTestNote()
	}
	return note
}

// bestNote says what bold type means.
func (r rules) bestNote() string {
	return fmt.Sprintf("better than every other measured method (%s, Holm-corrected within the column, p < %s); no bold where no method is.", r.test(), decimals(r.significance()))
}

func (r rules) againstNote(against string) string {
	return fmt.Sprintf("↑ and ↓: significantly better and worse than %s (same test).", against)
}

// brief says how to read the marks of a table.
func (r rules) brief(t *Table) string {
	if r.meansOnly {
		return "Means alone, without intervals and tests."
	}
	interval := "± half the " + decimals(100*r.Level) + "% interval over users"
	if r.Bounds == stats.BoundsPercentile || r.Bounds == stats.BoundsBCa {
		interval = "[ ] the " + decimals(100*r.Level) + "% interval over users"
	}
	if r.repeated {
		interval += " and splits"
	}
	text := fmt.Sprintf("%s; bold or *: better than every other row", interval)
	if t.Against != "" {
		text += "; ↑ ↓: better or worse than " + t.Against
	}
	return fmt.Sprintf("%s (p < %s after Holm).", text, decimals(r.significance()))
}

// splitTest names the test over splits.
func (r rules) splitTest() string {
	if r.resampling.Apart {
		return "t-test over splits"
	}
	return "corrected resampled t-test over splits"
}

// splitTestNote says how splits are bounded and tested.
func (r rules) splitTestNote() string {
	units := "interactions"
	switch {
	case r.split.Method == data.MethodKFold:
		return "Over splits: the t-test over folds and its t-interval. Warning: folds share training data, and no unbiased estimate of the variance over them exists (Bengio and Grandvalet 2004), so that this test rejects too often (Dietterich 1998); repeated random splits have a corrected one."
	case r.split.Method == data.MethodRolling:
		return "Over splits: the t-test over windows of time and its t-interval. Warning: it takes windows for independent, and a later one is trained on those before it."
	case r.split.HoldsOutUsers():
		units = "users"
	case r.split.HoldsOutItems():
		units = "items"
	}
	return fmt.Sprintf("Over splits: the corrected resampled t-test (Nadeau and Bengio 2003) and its t-interval, whose squared standard error is (1/J + %.4g) s² over J splits, with %.4g the measured over the training %s.", r.resampling.Ratio, r.resampling.Ratio, units)
}

func (r rules) andSplits() string {
	if r.repeated {
		return " and splits"
	}
	return ""
}

// interval is such as "95% t-interval".
func (r rules) interval() string {
	kind := "t-interval"
	switch r.Bounds {
	case stats.BoundsPercentile:
		kind = fmt.Sprintf("percentile bootstrap interval (%d resamples, seed %d)", stats.Resamples, r.Seed)
	case stats.BoundsBCa:
		kind = fmt.Sprintf("BCa bootstrap interval (%d resamples, seed %d)", stats.Resamples, r.Seed)
	}
	return fmt.Sprintf("%s%% %s", decimals(100*r.Level), kind)
}

// test names the test behind the marks.
func (r rules) test() string {
	name := "paired t-test over users"
	switch r.Test {
	case stats.TestWilcoxon:
		name = "Wilcoxon's signed-rank test over users, those without a difference left out"
		if r.Wilcoxon.Zeros == stats.ZerosPratt {
			name = "Wilcoxon's signed-rank test over users, those without a difference ranked as Pratt does"
		}
		if r.Wilcoxon.Continuity {
			name += ", with continuity correction"
		}
	case stats.TestRandomisation:
		name = fmt.Sprintf("randomisation test over users, %d sign patterns, seed %d", stats.Resamples, r.Seed)
	}
	if r.repeated {
		name += ", and " + r.splitTest() + ": the larger p of both counts"
	}
	return name
}

// decimals is a number without what rounding left behind it.
func decimals(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}
