package run

import (
	"fmt"
	"strings"

	"cllm4rec/core/contract"
	"cllm4rec/core/experiment"
	"cllm4rec/core/record"
)

// mostNews is how many differences Why tells.
const mostNews = 4

// Why says why a trial of a plan would run again: what is new in its keys compared
// with the nearest of the finished records, which are those of the same names of
// data set and method and of the same seed. It is "" for a finished trial.
func Why(plan *experiment.Plan, t experiment.Trial, records []*record.Record) (string, error) {
	content, err := plan.Content(t)
	if err != nil {
		return "", err
	}
	var nearest []string
	for _, r := range records {
		switch {
		case r.Key == t.Key && r.Finishes():
			return "", nil
		case r.Key == t.Key:
			return "it failed: " + firstLine(r.Error), nil
		case r.Result(string(contract.PartTest)) == nil: // a configuration that a search tried, or a failure
			continue
		case r.Dataset != plan.Datasets[t.Dataset].Name || r.Method != plan.Methods[t.Method].Name || r.Seed != t.Seed:
			continue
		}
		news, err := content.News(r.Trial)
		if err != nil {
			return "", err
		}
		if nearest == nil || len(news) < len(nearest) {
			nearest = news
		}
	}
	if nearest == nil {
		return "no record", nil
	}
	if more := len(nearest) - mostNews; more > 0 {
		nearest = append(nearest[:mostNews:mostNews], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(nearest, "; "), nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
