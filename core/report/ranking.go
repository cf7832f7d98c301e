package report

import (
	"slices"

	"cllm4rec/core/eval"
	"cllm4rec/core/stats"
)

// fewestDatasets is how many data sets methods must share to be compared by their ranks.
const fewestDatasets = 5

// Ranking compares the methods over all data sets in one metric.
type Ranking struct {
	Metric   string
	Methods  []string // measured on every data set
	Datasets int
	stats.Friedman
}

// rankings compare the methods that were measured on every data set, in each metric that
// judges; none of fewer than five data sets or two methods.
func (d *Details) rankings(metrics []eval.Metric) []Ranking {
	if len(d.Tables) < fewestDatasets {
		return nil
	}
	var all []Ranking
	for i, metric := range d.Plan.Evaluate.Metrics {
		if !metrics[i].Judges() {
			continue
		}
		r := Ranking{Metric: metric, Datasets: len(d.Tables)}
		values := make([][]float64, len(d.Tables))
		for m, method := range d.Plan.Methods {
			if slices.ContainsFunc(d.Tables, func(t Table) bool { return !t.Rows[m].Cells[i].Known }) {
				continue
			}
			r.Methods = append(r.Methods, method.Name)
			for t := range d.Tables {
				values[t] = append(values[t], d.Tables[t].Rows[m].Cells[i].Mean)
			}
		}
		if len(r.Methods) < 2 {
			continue
		}
		r.Friedman = stats.RankMethods(values, d.Level)
		all = append(all, r)
	}
	return all
}
