package report

import (
	"fmt"

	"cllm4rec/core/stats"
)

// Matrix compares every pair of several methods on one data set.
type Matrix struct {
	Dataset string   `json:"dataset"`
	Part    string   `json:"part"`
	Metric  string   `json:"metric"`
	Users   int      `json:"users"`
	Methods []string `json:"methods"`
	Means   []Number `json:"means"`
	// Pairs are those of a method and each later one.
	Pairs []MatrixPair `json:"pairs"`
	Notes []string     `json:"notes"`
}

// MatrixPair is one method less another.
type MatrixPair struct {
	A          string  `json:"a"`
	B          string  `json:"b"`
	Difference Bounded `json:"difference"`
	P          Number  `json:"p"`
	Holm       Number  `json:"p_holm"` // corrected for all pairs
	stats.Counts
}

// matrix compares all pairs.
func (c *comparing) matrix() (*Matrix, error) {
	m := &Matrix{Dataset: c.dataset(), Part: string(c.part), Metric: c.metric.String()}
	var family []float64
	for i, a := range c.rows {
		m.Methods, m.Means = append(m.Methods, a.row.Method), append(m.Means, c.mean(i))
		for _, b := range c.rows[i+1:] {
			pairs, err := stats.Pair(a.samples[0], b.samples[0])
			if err != nil {
				return nil, err
			}
			d := pairs.Differences()
			p := c.rules.p(pairs)
			m.Users, family = len(d), append(family, p)
			m.Pairs = append(m.Pairs, MatrixPair{A: a.row.Method, B: b.row.Method, Difference: bounded(c.rules.Interval(d)), P: Number(p), Counts: stats.Count(d)})
		}
	}
	for i, p := range stats.Holm(family) {
		m.Pairs[i].Holm = Number(p)
	}
	m.Notes = append(c.measuredOn(),
		fmt.Sprintf("A cell is the method of the row less that of the column: mean difference over %d users; p (%s), Holm-corrected over the %d pairs; users for whom the row is better, equal and worse.", m.Users, c.rules.test(), len(m.Pairs)))
	return m, nil
}

// of is the pair of two methods as one sees it who stands at the first.
func (m *Matrix) of(a, b string) MatrixPair {
	for _, p := range m.Pairs {
		switch {
		case p.A == a && p.B == b:
			return p
		case p.A == b && p.B == a:
			p.Difference.Mean = -p.Difference.Mean
			p.Win, p.Loss = p.Loss, p.Win
			return p
		}
	}
	return MatrixPair{}
}
