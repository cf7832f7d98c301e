package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/schema"
)

// Metric is a ranking metric cut off at a depth, such as ndcg@100. The zero
// value is not a metric; ParseMetric makes one.
type Metric struct {
	family *family
	k      int
}

// ParseMetric reads a name such as "recall_min@20". The depth is a whole number
// from 1. An unknown name or depth is an ErrInvalid that says what is known and
// names the nearest metric.
func ParseMetric(name string) (Metric, error) {
	stem, depth, cut := strings.Cut(name, "@")
	i := slices.IndexFunc(families, func(f family) bool { return f.name == stem })
	if i < 0 {
		return Metric{}, unknownMetric(name, stem, depth)
	}
	if !cut {
		return Metric{}, contract.Errorf(contract.ErrInvalid, "metric %q has no depth: write %s@20, for instance", name, stem)
	}
	k, err := strconv.Atoi(depth)
	if least := max(1, families[i].least); err != nil || k < least || strconv.Itoa(k) != depth {
		return Metric{}, contract.Errorf(contract.ErrInvalid, "metric %q: the depth %q is not a whole number from %d", name, depth, least)
	}
	return Metric{family: &families[i], k: k}, nil
}

func unknownMetric(name, stem, depth string) error {
	hint := ""
	if near := schema.Nearest(strings.ToLower(stem), MetricNames()); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", strings.TrimSuffix(near+"@"+depth, "@"))
	}
	return contract.Errorf(contract.ErrInvalid, "unknown metric %q: known are %s, each with a depth as in ndcg@20%s",
		name, strings.Join(MetricNames(), ", "), hint)
}

// ParseMetrics reads several names; a name that is given twice is an error.
func ParseMetrics(names []string) ([]Metric, error) {
	metrics := make([]Metric, 0, len(names))
	for i, name := range names {
		m, err := ParseMetric(name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, contract.Errorf(contract.ErrInvalid, "metric %q is given twice", name)
		}
		metrics = append(metrics, m)
	}
	return metrics, nil
}

// MetricNames lists the known metrics without their depths.
func MetricNames() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// String is the name that ParseMetric reads.
func (m Metric) String() string {
	if m.family == nil {
		return ""
	}
	return m.family.name + "@" + strconv.Itoa(m.k)
}

// Depth is the number of unmasked items that the metric looks at.
func (m Metric) Depth() int { return m.k }

// PerUser reports whether the metric has a value for each user, over which means,
// intervals and tests are taken. The others are one number for all users together.
func (m Metric) PerUser() bool { return m.family.all == nil }

// Judges reports whether the metric says how right a list is, so that the higher
// value is the better one. The others describe what is recommended.
func (m Metric) Judges() bool { return m.family.value != nil }

// Highest is the largest value that the metric can have over so many users; the
// smallest is 0.
func (m Metric) Highest(users int) float64 {
	if m.family.counts {
		return float64(users)
	}
	return 1
}

// Formula says what the metric computes, with k filled in. Reports print it: hits
// are relevant items among the first k, R are the user's relevant items, and r
// is a position in the ranking, from 1.
func (m Metric) Formula() string {
	if m.family == nil {
		return ""
	}
	return strings.ReplaceAll(m.family.formula, "{k}", strconv.Itoa(m.k))
}

// Deepest is the largest depth of the metrics; 0 for none.
func Deepest(metrics []Metric) int {
	deepest := 0
	for _, m := range metrics {
		deepest = max(deepest, m.k)
	}
	return deepest
}

// ofHits computes a metric that judges. hits are the positions (from 1, rising)
// of the relevant items in the ranking after masking; positions beyond the depth
// are ignored. relevant is |R| and must be at least 1.
func (m Metric) ofHits(hits []int, relevant int) float64 {
	end, _ := slices.BinarySearch(hits, m.k+1)
	return m.family.value(hits[:end], relevant, m.k)
}
