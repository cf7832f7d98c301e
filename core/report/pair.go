package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"cllm4rec/core/stats"
)

// mostChanged is how many users a comparison names on each side.
const mostChanged = 10

// Comparison is method A against method B on one data set.
type Comparison struct {
	Dataset string `json:"dataset"`
	Part    string `json:"part"`
	Metric  string `json:"metric"`
	A       string `json:"a"`
	B       string `json:"b"`
	Users   int    `json:"users"`
	Trials  int    `json:"trials"` // of each method
	Depth   int    `json:"depth"`  // how many items of a list count as recommended
	MeanA   Number `json:"mean_a"`
	MeanB   Number `json:"mean_b"`
	// Difference is A less B, over users. OverSplits is nil where the data are split
	// once or one split was measured.
	Difference   Bounded   `json:"difference"`
	OverSplits   *Bounded  `json:"difference_over_splits,omitempty"`
	Level        float64   `json:"level"`
	Tests        []Tested  `json:"tests"`
	Effects      []Effect  `json:"effects"`
	stats.Counts           // of users: A better, equal, worse
	Activity     []Group   `json:"by_user_activity"`
	Overlap      Overlap   `json:"hits"`
	Popularity   []Overlap `json:"hits_by_item_count"`
	Gain         []Change  `json:"gain"`
	Lose         []Change  `json:"lose"`
	Notes        []string  `json:"notes"`

	activityNote, popularityNote string
	judges                       bool // the metric says how right lists are
}

// Tested is a two-sided test of the difference.
type Tested struct {
	Name      string `json:"test"`
	Statistic string `json:"statistic"`
	Value     Number `json:"value"`
	P         Number `json:"p"`
}

// Effect is how large the difference is, on a scale of its own.
type Effect struct {
	Name  string `json:"effect"`
	Value Number `json:"value"`
	Scale string `json:"scale"`
}

// Group is the users of one range of activity.
type Group struct {
	Name       string  `json:"bucket"`
	Users      int     `json:"users"`
	A          Number  `json:"mean_a"`
	B          Number  `json:"mean_b"`
	Difference Bounded `json:"difference"`
	P          Number  `json:"p"` // of the table's test over users, Holm-corrected over the groups
	stats.Counts
}

// Change is a user whose values differ.
type Change struct {
	User       string `json:"user"`
	Training   int    `json:"training_interactions"` // a mean over splits, rounded
	A          Number `json:"a"`
	B          Number `json:"b"`
	Difference Number `json:"difference"`
}

// pair compares two methods.
func (c *comparing) pair() (*Comparison, error) {
	pairs, err := stats.Pair(c.rows[0].samples[0], c.rows[1].samples[0])
	if err != nil {
		return nil, err
	}
	d := pairs.Differences()
	out := &Comparison{
		Dataset: c.dataset(), Part: string(c.part), Metric: c.metric.String(), A: c.rows[0].row.Method, B: c.rows[1].row.Method,
		Users: len(d), Trials: len(c.trials), Depth: c.metric.Depth(), judges: c.metric.Judges(), Difference: bounded(c.rules.Interval(d)), Level: c.rules.Level, Counts: stats.Count(d),
		Tests: c.tests(d), Effects: effects(pairs),
	}
	out.MeanA, out.MeanB = c.mean(0), c.mean(1)
	if len(pairs.Splits) > 1 {
		over := stats.TestSplits(pairs.SplitDifferences, c.rules.resampling, c.rules.Level)
		interval := bounded(over.Interval)
		out.OverSplits = &interval
		out.Tests = append(out.Tests, Tested{c.rules.splitTest(), fmt.Sprintf("t, %d df", over.DF), Number(over.T), Number(over.PairedT.P)})
	}
	if err := c.activity(out); err != nil {
		return nil, err
	}
	if err := c.hits(out); err != nil {
		return nil, err
	}
	if err := c.changes(out, pairs); err != nil {
		return nil, err
	}
	out.Notes = append([]string{out.verdict()}, c.measuredOn()...)
	if c.rules.repeated {
		out.Notes = append(out.Notes, c.splitsNote(), c.rules.splitTestNote())
	}
	return out, nil
}

// mean is that of a row over users, seeds and splits.
func (c *comparing) mean(row int) Number {
	merged, err := stats.Merge(c.rows[row].samples[0])
	if err != nil {
		return Number(math.NaN()) // Pair would have refused
	}
	return Number(stats.Mean(stats.SplitMeans(merged)))
}

// tests are all three tests over users.
func (c *comparing) tests(d []float64) []Tested {
	t, ranks := stats.TTest(d), stats.Wilcoxon(d, c.rules.Wilcoxon)
	statistic, value := "z", ranks.Z
	if ranks.Exact {
		statistic, value = "W+, exact", ranks.Plus
	}
	return []Tested{
		{"paired t-test", fmt.Sprintf("t, %d df", t.DF), Number(t.T), Number(t.P)},
		{"Wilcoxon signed-rank", statistic, Number(value), Number(ranks.P)},
		{"randomisation", "mean difference", Number(stats.Mean(d)), Number(stats.SignFlip(d, stats.Resamples, c.rules.Seed))},
	}
}

func effects(pairs *stats.Pairs) []Effect {
	e := pairs.Effects()
	return []Effect{
		{"Cohen's d_z", Number(e.Dz), "mean difference over its standard deviation"},
		{"Hedges' g", Number(e.HedgesG), "d_z without its bias in small samples"},
		{"rank-biserial", Number(e.RankBiserial), "-1 to 1, of the users who differ"},
		{"Cliff's delta", Number(e.CliffDelta), "-1 to 1, over all pairs of users"},
		{"common language", Number(e.CommonLanguage), "share of users who win, half of the ties"},
	}
}

// activity compares the users by how much they have in training.
func (c *comparing) activity(out *Comparison) error {
	dividing := divider{builder: c.builder, by: by{name: ByUserActivity}, made: map[string]*division{}}
	var parts [][2][]stats.Sample // by bucket and method
	for i := range c.trials {
		rec := c.rows[0].done[i].Record
		div, err := dividing.of(rec)
		if err != nil {
			return err
		}
		data, err := c.data(rec)
		if err != nil {
			return err
		}
		if parts == nil {
			parts, out.activityNote = make([][2][]stats.Sample, len(div.names)), div.note
		}
		buckets := map[int32]int{}
		for u, id := range data.Users {
			number := c.number(id)
			for bucket := range div.names {
				if div.in(bucket, int32(u)) {
					buckets[number] = bucket
				}
			}
		}
		for m := range 2 {
			for bucket, s := range bucketed(c.rows[m].samples[0][i], buckets, len(parts)) {
				if len(s.Users) > 0 {
					parts[bucket][m] = append(parts[bucket][m], s)
				}
			}
		}
	}
	return c.groups(out, parts, dividing.first.names)
}

// bucketed divides the users of a sample.
func bucketed(s stats.Sample, of map[int32]int, buckets int) []stats.Sample {
	out := make([]stats.Sample, buckets)
	for i := range out {
		out[i].Split = s.Split
	}
	for i, user := range s.Users {
		to := &out[of[user]]
		to.Users, to.Values = append(to.Users, user), append(to.Values, s.Values[i])
	}
	return out
}

func (c *comparing) groups(out *Comparison, parts [][2][]stats.Sample, names []string) error {
	var p []float64
	for bucket, part := range parts {
		g := Group{Name: names[bucket]}
		if len(part[0]) == 0 {
			out.Activity, p = append(out.Activity, g), append(p, 1)
			continue
		}
		pairs, err := stats.Pair(part[0], part[1])
		if err != nil {
			return err
		}
		d := pairs.Differences()
		a, b := pairs.Sides()
		g.Users, g.A, g.B = len(d), Number(stats.Mean(a)), Number(stats.Mean(b))
		g.Difference, g.Counts = bounded(c.rules.Interval(d)), stats.Count(d)
		out.Activity, p = append(out.Activity, g), append(p, c.rules.P(d))
	}
	for i, corrected := range stats.Holm(p) {
		out.Activity[i].P = Number(corrected)
	}
	return nil
}

// changes names the users who gain and lose most with A; of equal ones the more active
// first, then by id.
func (c *comparing) changes(out *Comparison, pairs *stats.Pairs) error {
	training := map[int32]float64{}
	fingerprints := map[string]bool{}
	for i := range c.trials {
		rec := c.rows[0].done[i].Record
		if fingerprints[rec.Data.Fingerprint] {
			continue
		}
		fingerprints[rec.Data.Fingerprint] = true
		data, err := c.data(rec)
		if err != nil {
			return err
		}
		for u, id := range data.Users {
			training[c.number(id)] += float64(activity(data, u))
		}
	}
	ids := c.ids()
	d := pairs.Differences()
	a, b := pairs.Sides()
	var all []Change
	for i, user := range pairs.Users {
		all = append(all, Change{
			User: ids[user], Training: int(math.Round(training[user] / float64(len(fingerprints)))),
			A: Number(a[i]), B: Number(b[i]), Difference: Number(d[i]),
		})
	}
	out.Gain, out.Lose = most(all, 1), most(all, -1)
	return nil
}

// most are the users whose difference has a sign, the largest first.
func most(all []Change, sign Number) []Change {
	some := slices.DeleteFunc(slices.Clone(all), func(c Change) bool { return c.Difference*sign <= 0 })
	slices.SortFunc(some, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Difference*sign, a.Difference*sign), cmp.Compare(b.Training, a.Training), cmp.Compare(a.User, b.User))
	})
	return some[:min(mostChanged, len(some))]
}

// verdict is the comparison in one sentence.
func (c *Comparison) verdict() string {
	share := ""
	if c.MeanB > 0 {
		share = fmt.Sprintf(" (%+.1f%%)", 100*float64(c.Difference.Mean/c.MeanB))
	}
	win, lose := "better", "worse"
	if !c.judges {
		win, lose = "higher", "lower"
	}
	return fmt.Sprintf("%s is at %.4f where %s is at %.4f in %s: %+.4f%s. Of %d users it is %s for %d, equal for %d and %s for %d.",
		c.A, c.MeanA, c.B, c.MeanB, c.Metric, c.Difference.Mean, share, c.Users, win, c.Win, c.Tie, lose, c.Loss)
}
